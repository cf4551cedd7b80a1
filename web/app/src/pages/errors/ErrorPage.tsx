import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Bug } from "lucide-react";
import type { ErrorDetail } from "@/data/errors";
import { errorQuery } from "@/data/errors";
import { RuncastError } from "@/data/api";
import { count, plural } from "@/format/number";
import { RunTable } from "@/pages/tasks/RunTable";
import { Bars } from "@/ui/Bars";
import { Crumbs } from "@/ui/Crumbs";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Header, Page, Section } from "@/ui/Page";
import { Stat, Stats } from "@/ui/Stat";
import { Ago } from "@/ui/Time";
import { GroupActions } from "./GroupActions";
import { Trace } from "./Trace";

const route = getRouteApi("/errors/$fingerprint");

/** One kind of error: what it says, where it comes from, which runs it ended. */
export default function ErrorPage() {
  const { fingerprint } = route.useParams();
  const { period = "30d" } = route.useSearch();
  const { data, error, refetch } = useQuery(errorQuery(fingerprint, period));
  const name = data?.error.name ?? "Error";
  return (
    <Page
      title={data ? name : "Error"}
      header={
        <Header
          title={
            <Crumbs to="/errors" list="Errors">
              {data ? name : fingerprint}
            </Crumbs>
          }
          actions={data && <GroupActions group={data} />}
        />
      }
    >
      {data ? (
        <Group group={data} />
      ) : error instanceof RuncastError && error.status === 404 ? (
        <Empty icon={<Bug />} title="This error has not occurred lately" action={<Link to="/errors" className="text-accent hover:underline">All errors</Link>}>Its runs are older than the last 30 days, or were pruned.</Empty>
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton />
      )}
    </Page>
  );
}

function Group({ group }: { group: ErrorDetail }) {
  return (
    <div className="flex flex-col gap-4 p-4">
      <Section>
        <div className="flex flex-col gap-4 p-4">
          <p className="text-base font-medium break-words whitespace-pre-wrap text-bad">{group.error.message}</p>
          <Stats>
            <Stat label="Task" value={<Link to="/tasks/$name" params={{ name: group.taskIdentifier }} className="hover:underline">{group.taskIdentifier}</Link>} />
            <Stat label="Failed runs" value={count(group.count)} note={group.complete ? undefined : "the newest of more"} />
            <Stat label="First" value={<Ago at={group.firstSeen} />} />
            <Stat label="Last" value={<Ago at={group.lastSeen} />} />
          </Stats>
          <div>
            <Bars className="h-12" label={`When it happened: ${plural(group.count, "run")}`} bars={group.buckets.map((value) => ({ pieces: [{ hue: "bad", value }], title: plural(value, "run") }))} />
            <div className="mt-1 flex justify-between text-2xs text-fg-3">
              <Ago at={group.since} />
              <span>now</span>
            </div>
          </div>
        </div>
      </Section>
      <Section title="Newest occurrence">
        <div className="p-4">
          <Trace error={group.error} />
          {group.error.causes && (
            <ul className="mt-3 flex flex-col gap-1">
              {group.error.causes.map((cause, index) => (
                <li key={index} className="break-words">
                  <span className="text-fg-3">caused by </span>
                  <span className="font-medium">{cause.name}</span> {cause.message}
                </li>
              ))}
            </ul>
          )}
        </div>
      </Section>
      <Section title={group.count > group.runs.length ? `Newest ${group.runs.length} of ${plural(group.count, "run")}` : plural(group.count, "run")}>
        <RunTable label="Runs with this error" runs={group.runs} />
      </Section>
    </div>
  );
}
