import type { Run } from "@runcast/client";
import { useQuery } from "@tanstack/react-query";
import type { Entry, WholeRun } from "@/data/run";
import { valueQuery } from "@/data/run";
import type { Span } from "@/data/trace";
import { Failure, Skeleton } from "@/ui/Empty";
import { Json } from "@/ui/Json";
import { Nothing } from "./Heading";

interface Given {
  run: Run;
  span: Span | undefined;
  whole: WholeRun | undefined;
  entry: Entry | undefined;
}

/** What it was given. */
export function Input({ span, whole }: Given) {
  if (!whole) return <Skeleton />;
  return (
    <>
      {span && <p className="text-fg-3">Arguments of a {span.kind === "step" ? "step" : "call"} are not recorded, only what it returned. The payload of its run:</p>}
      <Value runId={whole.id} part="payload" value={whole.payload} url={whole.payloadPresignedUrl} />
    </>
  );
}

/** What it returned. */
export function Output({ run, span, whole, entry }: Given) {
  if (span) {
    if (entry && "value" in entry) return <Json value={entry.value} />;
    return <Nothing>{span.finishedAt === undefined ? "It has not returned yet." : span.error ? "It failed, and returned nothing." : "Nothing was recorded."}</Nothing>;
  }
  if (!run.isCompleted) return <Nothing>It has not returned yet.</Nothing>;
  if (!run.isSuccess) return <Nothing>It ended without a result.</Nothing>;
  return whole ? <Value runId={whole.id} part="output" value={whole.output} url={whole.outputPresignedUrl} /> : <Skeleton />;
}

function Value({ runId, part, value, url }: { runId: string; part: "payload" | "output"; value: unknown; url: string | undefined }) {
  const { data, error, refetch } = useQuery({ ...valueQuery(runId, part, url ?? ""), enabled: url !== undefined });
  if (url === undefined) return value === undefined ? <Nothing>Nothing.</Nothing> : <Json value={value} />;
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  return data === undefined ? <Skeleton /> : <Json value={data} />;
}
