// The official React hooks in a DOM, with public tokens only: what a browser does, React 18 or 19 as REACT says.
import { Window } from "happy-dom";
import { assert, baseURL, check, claims, dictate, fresh, report } from "./checks.mjs";

// The DOM comes before React and the hooks: they look for it when they are loaded. `fetch` stays Node's.
const page = new Window({ url: "https://shop.example/" });
Object.assign(globalThis, { window: page, document: page.document, HTMLElement: page.HTMLElement });
for (const name of ["Node", "Element", "HTMLIFrameElement", "MutationObserver"]) globalThis[name] ??= page[name];

const sdk = await import("@trigger.dev/sdk");
const hooks = await import("@trigger.dev/react-hooks");
const { version } = (await import("react")).default;
const { renderHook, waitFor, act } = await import("@testing-library/react");
const { auth, runs, tasks, wait } = sdk;
const WORDS = ["Once", "upon", "a", "time"];
assert.ok(version.startsWith(`${process.env.REACT}.`), `React is ${version}`);

const until = (condition) => waitFor(() => assert.ok(condition(), `never true: ${condition}`), { timeout: 15_000, interval: 20 });
const allowed = async (scopes) => ({ accessToken: await auth.createPublicToken({ scopes }), baseURL });

check("useRealtimeRun", async () => {
  const handle = await tasks.trigger("dictation", {});
  const next = dictate(handle, WORDS);
  let completed;
  const options = { accessToken: handle.publicAccessToken, baseURL, onComplete: (run) => (completed = run) };
  const { result } = renderHook(() => hooks.useRealtimeRun(handle.id, options));
  for (const count of [1, 2, 3, 4]) {
    await next();
    await until(() => result.current.run?.metadata?.heard === count);
  }
  await next();
  await until(() => result.current.run?.status === "COMPLETED");
  assert.equal(result.current.error, undefined);
  assert.deepEqual(result.current.run.output, WORDS);
  await until(() => completed?.id === handle.id);
});

check("useRealtimeRun without the scope says so", async () => {
  const [mine, other] = [await tasks.trigger("hello", {}), await tasks.trigger("hello", {})];
  const { result } = renderHook(() => hooks.useRealtimeRun(other.id, { accessToken: mine.publicAccessToken, baseURL }));
  await until(() => result.current.error);
  assert.equal(result.current.run, undefined);
});

check("useRealtimeRunWithStreams", async () => {
  const handle = await tasks.trigger("dictation", {});
  const next = dictate(handle, WORDS);
  const { result } = renderHook(() => hooks.useRealtimeRunWithStreams(handle.id, { accessToken: handle.publicAccessToken, baseURL }));
  for (const count of [1, 2, 3, 4]) {
    await next();
    await until(() => result.current.streams.words?.length === count && result.current.streams.model?.length === count);
  }
  await next();
  await until(() => result.current.run?.status === "COMPLETED");
  assert.deepEqual(result.current.streams.words, WORDS);
  assert.equal(result.current.streams.model.map((chunk) => chunk.text).join(""), "Once upon a time ");
});

check("useRealtimeStream", async () => {
  const handle = await tasks.trigger("words", {});
  const parts = [];
  const options = { accessToken: handle.publicAccessToken, baseURL, onData: (part) => parts.push(part) };
  const { result, unmount } = renderHook(() => hooks.useRealtimeStream(handle.id, "words", options));
  await until(() => result.current.parts.length === 4);
  assert.deepEqual(result.current.parts, WORDS);
  assert.deepEqual(parts, result.current.parts);
  assert.equal(String(result.current.lastEventId), "3");
  unmount();
  const resumed = { id: fresh("rest"), accessToken: handle.publicAccessToken, baseURL, lastEventId: "1" };
  const rest = renderHook(() => hooks.useRealtimeStream(handle.id, "words", resumed));
  await until(() => rest.result.current.parts.length === 2);
  assert.deepEqual(rest.result.current.parts, ["a", "time"]);
});

check("useRealtimeRunsWithTag", async () => {
  const tag = fresh("tag");
  await tasks.trigger("hello", {}, { tags: [tag] });
  const options = await allowed({ read: { tags: [tag] } });
  const { result } = renderHook(() => hooks.useRealtimeRunsWithTag(tag, options));
  await until(() => result.current.runs.length === 1);
  await tasks.trigger("hello", {}, { tags: [tag] });
  await until(() => result.current.runs.filter((run) => run.isSuccess).length === 2);
});

check("useRealtimeBatch", async () => {
  const handle = await tasks.batchTrigger("slow", [{ payload: { steps: 1 } }, { payload: { steps: 2 } }]);
  const { result } = renderHook(() => hooks.useRealtimeBatch(handle.batchId, { accessToken: handle.publicAccessToken, baseURL }));
  await until(() => result.current.runs.filter((run) => run.isSuccess).length === 2);
});

check("useTaskTrigger", async () => {
  const accessToken = await auth.createTriggerPublicToken("hello");
  const { result } = renderHook(() => hooks.useTaskTrigger("hello", { accessToken, baseURL }));
  act(() => result.current.submit({ name: "browser", at: new Date(0) }, { tags: ["by-hook"] }));
  await until(() => result.current.handle ?? result.current.error);
  assert.equal(result.current.error, undefined);
  const { id, publicAccessToken } = result.current.handle;
  assert.ok(claims(publicAccessToken).scopes.includes(`read:runs:${id}`));
  assert.deepEqual((await runs.retrieve(id)).tags, ["by-hook"]);
});

check("useRealtimeTaskTrigger", async () => {
  const accessToken = await auth.createTriggerPublicToken("slow");
  const { result } = renderHook(() => hooks.useRealtimeTaskTrigger("slow", { accessToken, baseURL }));
  act(() => result.current.submit({ steps: 3 }));
  await until(() => result.current.run?.status === "COMPLETED");
  assert.equal(result.current.run.output, "done");
});

check("useRealtimeTaskTriggerWithStreams", async () => {
  const accessToken = await auth.createTriggerPublicToken("words");
  const { result } = renderHook(() => hooks.useRealtimeTaskTriggerWithStreams("words", { accessToken, baseURL }));
  act(() => result.current.submit({}));
  await until(() => result.current.run?.status === "COMPLETED" && result.current.streams.words?.length === 4);
});

check("useRun", async () => {
  const handle = await tasks.trigger("family", { children: 2 });
  const { result } = renderHook(() => hooks.useRun(handle.id, { accessToken: handle.publicAccessToken, baseURL, refreshInterval: 100 }));
  await until(() => result.current.run?.isCompleted);
  assert.equal(result.current.error, undefined);
  assert.equal(result.current.run.relatedRuns.children.length, 2);
});

check("useWaitToken", async () => {
  const token = await wait.createToken({});
  const handle = await tasks.trigger("approval", { token: token.id });
  const { result } = renderHook(() => hooks.useWaitToken(token.id, { accessToken: token.publicAccessToken, baseURL }));
  act(() => result.current.complete({ approved: true }));
  await until(() => result.current.isCompleted);
  assert.deepEqual((await runs.poll(handle, { pollIntervalMs: 50 })).output, { approved: true });
});

check("useInputStreamSend", async () => {
  const handle = await tasks.trigger("listener", {});
  const { result } = renderHook(() => hooks.useInputStreamSend("calls", handle.id, { accessToken: handle.publicAccessToken, baseURL }));
  assert.ok(result.current.isReady);
  act(() => result.current.send({ word: "from a page" }));
  assert.deepEqual((await runs.poll(handle, { pollIntervalMs: 50 })).output, { word: "from a page" });
  assert.equal(result.current.error, undefined);
});

await report({ atOnce: 6 });
