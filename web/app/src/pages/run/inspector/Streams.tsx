import type { Run } from "@runcast/client";
import { Nothing } from "./Heading";
import { StreamView } from "./StreamView";

/** All that the run writes piece by piece. */
export function Streams({ run }: { run: Run }) {
  const names = run.streams ?? [];
  if (names.length === 0) return <Nothing>The run has written no stream.</Nothing>;
  return names.map((name) => <StreamView key={name} runId={run.id} name={name} isRunning={!run.isCompleted} />);
}
