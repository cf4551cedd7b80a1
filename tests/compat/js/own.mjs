// Our own client and hooks, from their sources, in a DOM: with public tokens only, React 18 or 19 as REACT says.
import { rm } from "node:fs/promises";
import { build } from "esbuild";
import { Window } from "happy-dom";
import { ask, assert, baseURL, check, fresh, refused, report, secretKey, within } from "./checks.mjs";

const page = new Window({ url: "https://shop.example/" });
Object.assign(globalThis, { window: page, document: page.document, HTMLElement: page.HTMLElement, IS_REACT_ACT_ENVIRONMENT: true });
for (const name of ["Node", "Element", "HTMLIFrameElement", "MutationObserver"]) globalThis[name] ??= page[name];

const packages = new URL("../../../web/packages/", import.meta.url).pathname;
// Beside the installed packages, whose React it shares.
const built = `${process.env.COMPAT_MODULES}/own-${process.pid}.mjs`;
await build({
  entryPoints: [`${packages}react-hooks/src/index.ts`],
  outfile: built,
  bundle: true,
  format: "esm",
  external: ["react"],
  alias: { "@runcast/client": `${packages}client/src/index.ts` },
  logLevel: "error",
});
const hooks = await import(built);
await rm(built);
const React = (await import("react")).default;
const { renderHook, waitFor, act } = await import("@testing-library/react");
assert.ok(React.version.startsWith(`${process.env.REACT}.`), `React is ${React.version}`);

const until = (condition) => waitFor(() => assert.ok(condition(), `never true: ${condition}`), { timeout: 15_000, interval: 20 });
const server = new hooks.Runcast({ baseUrl: baseURL, token: secretKey });

async function allowed(...scopes) {
  const { json } = await ask("/api/v1/auth/public-tokens", { method: "POST", body: { scopes } });
  return json.token;
}

/** Render a hook below a provider with a token; every result it gave is in `seen`. */
function render(token, hook) {
  const seen = [];
  const wrapper = ({ children }) => React.createElement(hooks.RuncastProvider, { baseUrl: baseURL, token }, children);
  const rendered = renderHook(
    () => {
      const result = hook();
      seen.push(result);
      return result;
    },
    { wrapper },
  );
  return { ...rendered, seen };
}

check("trigger and followRun", async () => {
  const handle = await server.trigger("slow", { steps: 3 }, { tags: ["own"] });
  const browser = new hooks.Runcast({ baseUrl: baseURL, token: handle.publicAccessToken });
  const seen = [];
  for await (const run of browser.followRun(handle.id)) seen.push(run);
  assert.equal(seen.at(-1).status, "COMPLETED");
  assert.equal(seen.at(-1).output, "done");
  assert.ok(new Set(seen.map((run) => run.metadata?.progress)).size >= 3);
  assert.equal((await browser.run(handle.id)).output, "done");
});

check("followRun of a run that has ended", async () => {
  const handle = await server.trigger("add", { a: 1, b: 2 });
  for await (const run of server.followRun(handle.id)) if (run.isCompleted) assert.equal(run.output, 3);
  const again = [];
  for await (const run of server.followRun(handle.id)) again.push(run.status);
  assert.deepEqual(again, ["COMPLETED"]);
});

check("followRun stops when it is told to", async () => {
  const handle = await server.trigger("endless", {});
  const stopping = new AbortController();
  const seen = [];
  const following = (async () => {
    for await (const run of server.followRun(handle.id, { signal: stopping.signal })) {
      seen.push(run.status);
      stopping.abort();
    }
  })();
  await within(following, 5);
  assert.ok(seen.length >= 1);
});

check("another run is refused", async () => {
  const [mine, other] = [await server.trigger("hello", {}), await server.trigger("hello", {})];
  const browser = new hooks.Runcast({ baseUrl: baseURL, token: mine.publicAccessToken });
  const error = await refused(browser.run(other.id), 403);
  assert.ok(error instanceof hooks.RuncastError);
  const { result } = render(mine.publicAccessToken, () => hooks.useRun(other.id));
  await until(() => result.current.error);
  assert.equal(result.current.run, undefined);
});

check("useRun", async () => {
  const handle = await server.trigger("slow", { steps: 5 });
  const { result, seen, unmount } = render(handle.publicAccessToken, () => hooks.useRun(handle.id));
  assert.equal(result.current.isLoading, true);
  await until(() => result.current.run?.status === "COMPLETED");
  assert.equal(result.current.run.output, "done");
  const progress = new Set(seen.map((one) => one.run?.metadata?.progress).filter(Boolean));
  assert.ok(progress.size >= 3, `saw ${[...progress]}`);
  assert.ok(seen.some((one) => one.isLive));
  unmount();
});

check("useRun with the runs below it", async () => {
  const handle = await server.trigger("family", { children: 3 });
  const { result } = render(await allowed("read:runs"), () => hooks.useRun(handle.id, { tree: true }));
  await until(() => result.current.run?.isSuccess && result.current.children.length === 3);
  assert.ok(result.current.children.every((run) => run.isSuccess));
  assert.equal(result.current.run.metadata.finished, 3);
});

check("useRunsWithTag", async () => {
  const tag = fresh("tag");
  await server.trigger("hello", {}, { tags: [tag] });
  const { result } = render(await allowed(`read:tags:${tag}`), () => hooks.useRunsWithTag(tag));
  await until(() => result.current.runs.length === 1);
  await server.trigger("hello", {}, { tags: [tag] });
  await until(() => result.current.runs.filter((run) => run.isSuccess).length === 2);
  assert.ok(result.current.runs[0].id > result.current.runs[1].id);
});

check("topics come and go over one connection", async () => {
  const [first, second] = [await server.trigger("slow", { steps: 8 }), await server.trigger("slow", { steps: 12 })];
  const token = await allowed(`read:runs:${first.id}`, `read:runs:${second.id}`);
  let ids = [first.id];
  const { result, rerender, seen } = render(token, () => [hooks.useRun(ids[0]), hooks.useRun(ids[1])]);
  await until(() => result.current[0].run);
  ids = [first.id, second.id];
  rerender();
  await until(() => result.current[1].run);
  ids = [undefined, second.id];
  rerender();
  await until(() => result.current[1].run?.isSuccess);
  const progress = seen.map(([, two]) => two.run?.metadata?.progress ?? 0);
  assert.deepEqual(progress, [...progress].sort((a, b) => a - b), "nothing goes back");
});

check("useRunStream", async () => {
  const handle = await server.trigger("words", {});
  const { result, seen } = render(handle.publicAccessToken, () => hooks.useRunStream(handle.id, "words"));
  await until(() => result.current.isDone);
  assert.deepEqual(result.current.parts, ["Once", "upon", "a", "time"]);
  assert.ok(new Set(seen.map((one) => one.parts.length)).size >= 3);
});

check("useTrigger", async () => {
  const token = await allowed("trigger:tasks:hello");
  const { result } = render(token, () => hooks.useTrigger("hello"));
  let handle;
  await act(async () => {
    handle = await result.current.trigger({ name: "Ada" });
  });
  assert.equal(result.current.triggered.id, handle.id);
  const followed = render(handle.publicAccessToken, () => hooks.useRun(handle.id));
  await until(() => followed.result.current.run?.output === "Hello, Ada!");
});

check("useWaitToken", async () => {
  const made = (await ask("/api/v1/waitpoints/tokens", { method: "POST", body: { timeout: "1h" } })).json;
  const handle = await server.trigger("approval", { token: made.id });
  const { result } = render(await allowed(`write:waitpoints:${made.id}`), () => hooks.useWaitToken(made.id));
  await act(() => result.current.complete({ ok: true }));
  assert.equal(result.current.isDone, true);
  const followed = render(handle.publicAccessToken, () => hooks.useRun(handle.id));
  await until(() => followed.result.current.run?.isSuccess);
  assert.deepEqual(followed.result.current.run.output, { ok: true });
});

await report({ atOnce: 1 });
