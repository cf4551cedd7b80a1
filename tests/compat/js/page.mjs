// The server of the page: it alone has the secret key. Builds the page, serves it, and triggers when the page asks.
import { createServer } from "node:http";
import { build } from "esbuild";
import { tasks } from "@trigger.dev/sdk";

const built = await build({
  entryPoints: [new URL("../page/page.jsx", import.meta.url).pathname],
  bundle: true,
  write: false,
  format: "esm",
  jsx: "automatic",
  define: { "process.env.NODE_ENV": '"production"' },
  nodePaths: [`${process.env.COMPAT_MODULES}/node_modules`],
  external: ["node:*"], // asked for by what no browser runs
  logLevel: "error",
});
const page = '<!doctype html><meta charset="utf-8"><title>Runs</title><div id="root"></div><script type="module" src="/page.js"></script>';

const routes = {
  "GET /": () => ["text/html", page],
  "GET /page.js": () => ["text/javascript", built.outputFiles[0].text],
  "POST /api/start": async () => {
    const words = await tasks.trigger("words", { pause: 0.5 });
    const family = await tasks.trigger("family", { children: 3 });
    return ["application/json", JSON.stringify({ baseURL: process.env.TRIGGER_API_URL, words, family })];
  },
};

const server = createServer(async (request, response) => {
  const route = routes[`${request.method} ${request.url}`];
  if (!route) return response.writeHead(404).end();
  try {
    const [type, body] = await route();
    response.writeHead(200, { "content-type": `${type}; charset=utf-8` }).end(body);
  } catch (error) {
    console.error(error);
    response.writeHead(500).end(String(error));
  }
});
server.listen(0, "127.0.0.1", () => console.log(`http://localhost:${server.address().port}/`));
process.stdin.resume().on("end", () => process.exit(0));
