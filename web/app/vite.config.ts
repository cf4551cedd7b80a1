import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  // The server says in <base> where it is mounted.
  base: "./",
  plugins: [react(), tailwind()],
  resolve: {
    alias: {
      "@runcast/client": here("../packages/client/src/index.ts"),
      "@runcast/react-hooks": here("../packages/react-hooks/src/index.ts"),
      "@": here("./src"),
    },
  },
  build: {
    outDir: here("../../src/runcast/dashboard/static"),
    emptyOutDir: true,
    manifest: true,
    target: "es2022",
    // Not inline: the content security policy allows no data: scripts, and fonts are better cached alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      "/api": { target: process.env["RUNCAST_URL"] ?? "http://127.0.0.1:8787", changeOrigin: true },
      "/realtime": { target: process.env["RUNCAST_URL"] ?? "http://127.0.0.1:8787", changeOrigin: true },
    },
  },
});
