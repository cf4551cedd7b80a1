import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useFollow } from "@runcast/react-hooks";
import { Link, useNavigate } from "@tanstack/react-router";
import { PackageOpen } from "lucide-react";
import { useRef } from "react";
import type { BatchRow } from "@/data/batches";
import { batchesQuery } from "@/data/batches";
import { count, plural, shortId } from "@/format/number";
import { Code } from "@/ui/Code";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { More } from "@/ui/More";
import { Header, Page } from "@/ui/Page";
import { cx } from "@/ui/class";
import { Status } from "@/ui/Status";
import type { Column } from "@/ui/Table";
import { Table } from "@/ui/Table";
import { Ago } from "@/ui/Time";

const PAUSE_MS = 1_000;

/** Runs that were triggered together. */
export default function Batches() {
  const navigate = useNavigate();
  const batches = useInfiniteQuery(batchesQuery);
  useFreshBatches();
  const rows = batches.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Page title="Batches" header={<Header title="Batches" />}>
      {batches.data ? (
        rows.length > 0 ? (
          <>
            <Table label="Batches" rows={rows} columns={COLUMNS} keyOf={(batch) => batch.id} onOpen={(batch) => void navigate({ to: "/batches/$id", params: { id: batch.id } })} />
            <More pages={batches} />
          </>
        ) : (
          <Nothing />
        )
      ) : batches.error ? (
        <Failure error={batches.error} onRetry={() => void batches.refetch()} />
      ) : (
        <Skeleton />
      )}
    </Page>
  );
}

/** Read anew when runs of batches change, at most once a second. */
function useFreshBatches(): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const soon = () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void client.invalidateQueries({ queryKey: batchesQuery.queryKey });
    }, PAUSE_MS);
  };
  useFollow(["runs"], {
    onEvents: (events) => {
      if (events.some((event) => "d" in event && event.d.batchId)) soon();
    },
    onReset: soon,
  });
}

const COLUMNS: Column<BatchRow>[] = [
  { key: "status", label: "Status", className: "sm:w-32", cell: (batch) => <BatchStatus batch={batch} /> },
  {
    key: "batch",
    label: "Batch",
    cell: (batch) => (
      <Link to="/batches/$id" params={{ id: batch.id }} title={batch.id} className="font-mono text-xs whitespace-nowrap hover:underline">
        …{shortId(batch.id)}
      </Link>
    ),
  },
  {
    key: "progress",
    label: "Ended",
    cell: (batch) => {
      const ended = batch.runCount - batch.liveRuns;
      return (
        <span className="flex items-center gap-2">
          <Ended batch={batch} />
          <span className="whitespace-nowrap text-fg-2">
            {count(ended)} of {count(batch.runCount)}
          </span>
        </span>
      );
    },
  },
  { key: "failed", label: "Failed", className: "text-right", cell: (batch) => (batch.failedRuns > 0 ? <span className="text-bad">{count(batch.failedRuns)}</span> : <span className="text-fg-3">–</span>) },
  { key: "refused", label: "Refused", isWide: true, cell: (batch) => (batch.refusedItems > 0 ? <span className="text-wait">{plural(batch.refusedItems, "item")}</span> : <span className="text-fg-3">–</span>) },
  {
    key: "from",
    label: "From",
    isWide: true,
    className: "max-lg:hidden",
    cell: (batch) =>
      batch.runId ? (
        <Link to="/runs/$runId" params={{ runId: batch.runId }} title={batch.runId} className="font-mono text-xs text-fg-2 hover:underline">
          …{shortId(batch.runId)}
        </Link>
      ) : (
        <span className="truncate text-fg-2">{batch.idempotencyKey ?? "API"}</span>
      ),
  },
  { key: "created", label: "Created", isWide: true, cell: (batch) => <Ago at={batch.createdAt} className="whitespace-nowrap text-fg-2" /> },
];

function BatchStatus({ batch }: { batch: BatchRow }) {
  if (!batch.sealed) return <Status status="PENDING" word="Filling" />;
  if (batch.liveRuns > 0) return <Status status="EXECUTING" />;
  const lost = batch.failedRuns + batch.refusedItems;
  if (lost === 0) return <Status status="COMPLETED" />;
  return lost >= batch.runCount ? <Status status="FAILED" /> : <Status status="PARTIAL" />;
}

/** What has ended, well and badly, in one bar. */
function Ended({ batch }: { batch: BatchRow }) {
  const total = Math.max(1, batch.runCount);
  const ended = batch.runCount - batch.liveRuns;
  const pieces = [
    { hue: "bg-bar-ok", value: ended - batch.failedRuns },
    { hue: "bg-bar-bad", value: batch.failedRuns },
    { hue: "striped bg-bar-run", value: batch.liveRuns },
  ];
  return (
    <span role="progressbar" aria-label="Ended" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.floor((ended / total) * 100)} className="flex h-1.5 w-24 overflow-hidden rounded-full bg-hover max-sm:hidden">
      {pieces.map(({ hue, value }) => value > 0 && <span key={hue} className={cx("h-full", hue)} style={{ width: `${(value / total) * 100}%` }} />)}
    </span>
  );
}

const TOGETHER = `results = await enrich.batch_trigger_and_wait(
    [{"domain": domain} for domain in domains]
)
for result in results:
    if result.ok:
        print(result.output)`;

function Nothing() {
  return (
    <Empty icon={<PackageOpen />} title="No batch has been triggered yet">
      <p className="mb-3">Many runs, triggered as one: all are stored or none, and whoever triggered them hears when the last has ended.</p>
      <Code text={TOGETHER} wrap={false} className="text-left" />
    </Empty>
  );
}
