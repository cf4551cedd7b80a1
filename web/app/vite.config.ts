import { fileURLToPath } from "node:url";
import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const server = process.env["RUNCAST_URL"] ?? "http://127.0.0.1:8787";
/** As if the page had come from the server itself: it lets no page of another origin act for who is here. */
const proxy = { target: server, changeOrigin: true, headers: { origin: new URL(server).origin } };

/** What the server writes into the page, which Vite's own serves as it is. */
function baseOfDevelopment(): Plugin {
  return { name: "runcast-base", apply: "serve", transformIndexHtml: () => [{ tag: "base", attrs: { href: "/" }, injectTo: "head-prepend" }] };
}

export default defineConfig({
  // The server says in <base> where it is mounted.
  base: "./",
  plugins: [react(), tailwind(), baseOfDevelopment()],
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
    // One sheet: a part that is asked for again after its server was away is not left without its own.
    cssCodeSplit: false,
    // Those of all that is bundled, for the wheel.
    license: true,
    target: "es2022",
    // Not inline: the content security policy allows no data: scripts, and fonts are better cached alone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { "/api": proxy, "/realtime": proxy },
  },
});
