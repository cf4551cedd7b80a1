import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Tests lie beside what they test. One that needs a document begins with `// @vitest-environment happy-dom`. */
export default defineConfig({
  resolve: {
    alias: {
      "@runcast/client": here("packages/client/src/index.ts"),
      "@runcast/react-hooks": here("packages/react-hooks/src/index.ts"),
      "@": here("app/src"),
    },
  },
  test: { include: ["app/src/**/*.test.{ts,tsx}", "packages/*/src/**/*.test.ts"] },
});
