import type { Run } from "@runcast/client";
import { useBatch } from "@runcast/react-hooks";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import type { Batch } from "@/data/batches";
import { batchQuery } from "@/data/batches";
import { count } from "@/format/number";
import { RunTable } from "@/pages/tasks/RunTable";
import { Id } from "@/ui/Code";
import { Crumbs } from "@/ui/Crumbs";
import { Failure, Skeleton } from "@/ui/Empty";
import { Facts, Header, Page, Section } from "@/ui/Page";
import { BatchActions } from "./BatchActions";
import { BatchProgress } from "./BatchProgress";
import { BatchStatus, outcomeOf } from "./BatchStatus";
import type { Group } from "./groups";
import { groupOf } from "./groups";
import { Refused } from "./Refused";

const route = getRouteApi("/batches/$id");
const ROWS_MAX = 200;

/** One batch, live: how far it is, what failed, what was refused. */
export default function BatchPage() {
  const { id } = route.useParams();
  const { only } = route.useSearch();
  const { data: batch, error, refetch } = useQuery(batchQuery(id));
  const live = useBatch(id);
  const isOver = live.runs.length > 0 && live.runs.every((run) => run.isCompleted);
  useEffect(() => {
    if (isOver) void refetch();
  }, [isOver, refetch]);
  return (
    <Page
      title={`Batch …${id.slice(-8)}`}
      header={
        <Header
          title={
            <Crumbs to="/batches" list="Batches">
              <Id id={id} />
            </Crumbs>
          }
          actions={batch && <BatchActions id={id} runs={live.runs} />}
        >
          {batch && <BatchStatus outcome={outcomeOf(batch, live.runs)} />}
        </Header>
      }
    >
      {batch ? <Content batch={batch} runs={live.runs} only={only} /> : error ? <Failure error={error} onRetry={() => void refetch()} /> : <Skeleton />}
    </Page>
  );
}

function Content({ batch, runs, only }: { batch: Batch; runs: readonly Run[]; only: Group | undefined }) {
  const shown = useMemo(() => (only ? runs.filter((run) => groupOf(run) === only) : runs), [runs, only]);
  const errors = batch.processing.errors;
  return (
    <div className="flex flex-col gap-4 p-4">
      <Section>
        <div className="flex flex-col gap-4 p-4">
          <BatchProgress batch={batch} runs={runs} only={only} />
          {batch.idempotencyKey && <Facts facts={[["Idempotency key", batch.idempotencyKey]]} />}
        </div>
      </Section>
      {errors.length > 0 && <Refused errors={errors} />}
      <Section
        title="Runs"
        actions={
          <Link to="/runs" search={{ batch: batch.id }} className="text-accent hover:underline">
            In the list of runs
          </Link>
        }
      >
        <RunTable label="Runs of the batch" runs={shown.slice(0, ROWS_MAX)} withTask />
        {shown.length > ROWS_MAX && <p className="p-3 text-center text-fg-3">The newest {ROWS_MAX} of {count(shown.length)}</p>}
        {shown.length === 0 && <p className="p-4 text-fg-2">{only ? "None are in this state now." : "No item has become a run yet."}</p>}
      </Section>
    </div>
  );
}
