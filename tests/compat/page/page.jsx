// A page as a Next.js app has it: the server triggered the runs, the browser follows them with their public tokens.
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { useRealtimeRun, useRealtimeRunWithStreams, useRun } from "@trigger.dev/react-hooks";

function Progress({ runId, accessToken, baseURL }) {
  const { run, error } = useRealtimeRun(runId, { accessToken, baseURL });
  const progress = run?.metadata?.progress ?? 0;
  useEffect(() => {
    window.progressSeen = [...(window.progressSeen ?? []), progress];
  }, [progress]);
  return (
    <section>
      <h2>Progress</h2>
      <progress id="progress" max="100" value={progress} /> <span id="status">{run?.status ?? "…"}</span>
      {error && <p id="error">{error.message}</p>}
    </section>
  );
}

function Summary({ runId, accessToken, baseURL }) {
  const { run, streams } = useRealtimeRunWithStreams(runId, { accessToken, baseURL });
  const text = streams.model?.map((chunk) => chunk.text).join("") ?? "";
  useEffect(() => {
    window.textsSeen = [...(window.textsSeen ?? []), text];
  }, [text]);
  return (
    <section>
      <h2>Summary</h2>
      <p id="text">{text}</p>
      <p id="output">{run?.output}</p>
    </section>
  );
}

function Children({ runId, accessToken, baseURL }) {
  const { run } = useRun(runId, { accessToken, baseURL, refreshInterval: 200 });
  return (
    <ul id="children">
      {run?.relatedRuns.children.map((child) => (
        <li key={child.id}>
          {child.taskIdentifier}: {child.status}
        </li>
      ))}
    </ul>
  );
}

function Page() {
  const [started, setStarted] = useState();
  useEffect(() => {
    fetch("/api/start", { method: "POST" }).then(async (answer) => setStarted(await answer.json()));
  }, []);
  if (!started) return <p>starting …</p>;
  const { baseURL, words, family } = started;
  return (
    <main>
      <Progress runId={words.id} accessToken={words.publicAccessToken} baseURL={baseURL} />
      <Summary runId={words.id} accessToken={words.publicAccessToken} baseURL={baseURL} />
      <Children runId={family.id} accessToken={family.publicAccessToken} baseURL={baseURL} />
    </main>
  );
}

createRoot(document.getElementById("root")).render(<Page />);
