// The published packages as one file each, for pages without a bundler: every server has them at `/runcast-client.js` and
// `/runcast-react.js`.
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const client = here("packages/client/src/index.ts");

const module = (input, name) => ({
  input,
  external: ["react", "react/jsx-runtime"],
  resolve: { alias: { "@runcast/client": client } },
  output: { file: here(`app/dist/${name}.js`), format: "esm", minify: true },
});

export default [module(client, "runcast-client"), module(here("packages/react-hooks/src/index.ts"), "runcast-react")];
