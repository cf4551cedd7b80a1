import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import type { Bulk } from "@/data/runs";
import { abortBulk, bulkQuery, fetchRuns } from "@/data/runs";
import { count, plural } from "@/format/number";
import { RunTable } from "@/pages/tasks/RunTable";
import { Button } from "@/ui/Button";
import { Id } from "@/ui/Code";
import { Crumbs } from "@/ui/Crumbs";
import { Failure, Skeleton } from "@/ui/Empty";
import { Facts, Header, Page, Section } from "@/ui/Page";
import { Stat, Stats } from "@/ui/Stat";
import { Ago, Elapsed } from "@/ui/Time";
import { attempt } from "@/ui/toast";
import { BulkProgress, BulkState, VERBS } from "./parts";

const SHOWN = 20;
const MISSED: Record<Bulk["type"], string> = { CANCEL: "had ended before", REPLAY: "could not be replayed", RESUME: "had nothing to retry" };
const DONE: Record<Bulk["type"], string> = { CANCEL: "canceled", REPLAY: "replayed", RESUME: "retried" };

/** A bulk action, and how far it is. */
export default function BulkAction() {
  const { bulkId = "" } = useParams({ strict: false }) as { bulkId?: string };
  const { data: bulk, error, refetch } = useQuery(bulkQuery(bulkId));
  const client = useQueryClient();
  const navigate = useNavigate();
  const stop = async () => {
    await attempt("It could not be stopped", () => abortBulk(bulkId));
    await client.invalidateQueries({ queryKey: ["bulk"] });
  };
  const title = bulk ? `${VERBS[bulk.type]} ${plural(bulk.counts.total, "run")}` : "Bulk action";
  return (
    <Page
      title={title}
      header={
        <Header
          title={
            <Crumbs to="/bulk" list="Bulk actions">
              {title}
            </Crumbs>
          }
          actions={
            bulk && (
              <>
                {bulk.status === "PENDING" && <Button onClick={() => void stop()}>Stop</Button>}
                <Button tone="primary" onClick={() => void navigate({ to: "/runs", search: { bulk: bulkId } })}>
                  View runs
                </Button>
              </>
            )
          }
        >
          {bulk && <BulkState bulk={bulk} />}
        </Header>
      }
    >
      {bulk && <Shown bulk={bulk} />}
      {!bulk && error && <Failure error={error} onRetry={() => void refetch()} />}
      {!bulk && !error && <Skeleton />}
    </Page>
  );
}

/** The runs that it canceled, or made: the newest. */
function Reached({ bulk }: { bulk: Bulk }) {
  const { data } = useQuery({
    queryKey: ["bulk", bulk.id, "runs"],
    queryFn: ({ signal }) => fetchRuns({ "filter[bulkAction]": bulk.id }, { size: SHOWN, signal }),
    refetchInterval: bulk.status === "PENDING" ? 1_000 : 5_000,
  });
  if (!data || data.data.length === 0) return null;
  return (
    <Section title={bulk.type === "CANCEL" ? "Canceled" : "New runs"}>
      <RunTable runs={data.data} label="Runs of the bulk action" withTask />
    </Section>
  );
}

function Shown({ bulk }: { bulk: Bulk }) {
  const { counts } = bulk;
  const left = bulk.status === "PENDING" ? Math.max(0, counts.total - counts.success - counts.failure) : 0;
  return (
    <div className="mx-auto flex max-w-4xl flex-col gap-4 p-4">
      <Section>
        <div className="flex flex-col gap-4 p-4">
          <BulkProgress bulk={bulk} />
          <Stats>
            <Stat label={DONE[bulk.type]} value={count(counts.success)} hue={counts.success > 0 ? "ok" : undefined} />
            <Stat label={MISSED[bulk.type]} value={count(counts.failure)} hue={counts.failure > 0 ? "wait" : undefined} />
            <Stat label="left" value={count(left)} />
            <Stat label="took" value={<Elapsed from={bulk.createdAt} to={bulk.status === "PENDING" ? undefined : (bulk.completedAt ?? bulk.createdAt)} />} />
          </Stats>
        </div>
      </Section>
      <Reached bulk={bulk} />
      <Section title="About">
        <Facts
          className="p-4"
          facts={[
            ["Id", <Id key="id" id={bulk.id} />],
            bulk.name !== undefined && ["Name", bulk.name],
            ["Started", <Ago key="at" at={bulk.createdAt} />],
            ["Reaches", "The runs that existed when it was made"],
          ]}
        />
      </Section>
    </div>
  );
}
