import type { Run } from "@runcast/client";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Pause, Pencil, Play } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/data/may";
import type { Queue } from "@/data/queues";
import { queueKeysQuery, queueQuery } from "@/data/queues";
import { duration } from "@/format/duration";
import { count } from "@/format/number";
import { moment, serverNow } from "@/format/time";
import { useRecentRuns } from "@/data/recent";
import { useFresh } from "@/live/useFresh";
import { RunTable } from "@/pages/tasks/RunTable";
import { Bars } from "@/ui/Bars";
import { Button } from "@/ui/Button";
import { Crumbs } from "@/ui/Crumbs";
import { Failure, Skeleton } from "@/ui/Empty";
import { Facts, Header, Page, Section } from "@/ui/Page";
import { Stat, Stats } from "@/ui/Stat";
import { useTick } from "@/ui/Time";
import { useQueueActions } from "./actions";
import { healthOf } from "./health";
import { HealthWord } from "./HealthWord";
import { Keys } from "./Keys";
import { OverrideDialog } from "./OverrideDialog";
import { useSamples } from "./samples";
import { waitedP95 } from "./waited";

const SHOWN = 15;

/** One queue: its numbers, its limits, and who takes its slots. */
export default function QueuePage() {
  const { name = "" } = useParams({ strict: false }) as { name?: string };
  const { data: queue, error, refetch } = useQuery(queueQuery(name));
  useFresh("runs", ["queues"], 1_000);
  useTick();
  const title = <Crumbs to="/queues" list="Queues">{name}</Crumbs>;
  return (
    <Page title={`Queue ${name}`} header={<Header title={title} actions={queue && <Actions queue={queue} />}>{queue && <HealthWord health={healthOf(queue, serverNow())} />}</Header>}>
      {error && !queue && <Failure error={error} onRetry={() => void refetch()} />}
      {!queue && !error && <Skeleton />}
      {queue && <Whole queue={queue} />}
    </Page>
  );
}

function Actions({ queue }: { queue: Queue }) {
  const mayAct = useMay("operator");
  const [isChanging, setChanging] = useState(false);
  const { pause } = useQueueActions();
  if (!mayAct) return null;
  return (
    <>
      <Button icon={<Pencil />} shortcut="l" onClick={() => setChanging(true)}>
        Override limit
      </Button>
      <Button tone={queue.paused ? "primary" : "plain"} icon={queue.paused ? <Play /> : <Pause />} shortcut="p" onClick={() => void pause(queue)}>
        {queue.paused ? "Resume" : "Pause"}
      </Button>
      {isChanging && <OverrideDialog queue={queue} onClose={() => setChanging(false)} />}
    </>
  );
}

function Whole({ queue }: { queue: Queue }) {
  const barsOf = useSamples([queue]);
  const mayAct = useMay("operator");
  const { reset } = useQueueActions();
  const isOverridden = queue.concurrency.override !== null || queue.overrideEndsAt !== undefined;
  const until = queue.overrideEndsAt ? <Left at={queue.overrideEndsAt} /> : "until it is reset";
  const { data: keys } = useQuery(queueKeysQuery(queue.name));
  const health = healthOf(queue, serverNow());
  const { data: newest } = useRecentRuns({ "filter[queue]": queue.name }, (run) => run.queue === queue.name, { size: 100 });
  const waited = newest && waitedP95(newest.data);
  const runs = (status: string) => ({ queue: queue.name, status });
  return (
    <div className="flex flex-col gap-4 p-4">
      <Section>
        <div className="flex flex-wrap items-start gap-x-8 gap-y-4 p-4">
          <Stats className="items-start">
            <Stat label="Queued" value={<Link to="/runs" search={runs("QUEUED")} className="text-xl hover:underline">{count(queue.queued)}</Link>} />
            <Stat label="Running" hue={queue.running > 0 ? "run" : undefined} value={<Link to="/runs" search={runs("EXECUTING")} className="text-xl hover:underline">{count(queue.running)}</Link>} />
            <Stat label="Limit" value={<span className="text-xl">{queue.concurrencyLimit === null ? "none" : count(queue.concurrencyLimit)}</span>} />
            <Stat label="Oldest waits" value={<span className="text-xl">{queue.oldestAt ? duration(serverNow() - Date.parse(queue.oldestAt)) : "–"}</span>} />
            <Stat label="p95 wait" value={<span className="text-xl">{waited ? duration(waited.ms) : "–"}</span>} note={waited && `of the newest ${waited.count}`} />
          </Stats>
          <Bars bars={barsOf(queue.name)} label="Running and queued while you look" className="h-12 min-w-48 flex-1" />
        </div>
        <p className="border-t border-line px-4 py-2 text-fg-2">{health.reason}</p>
      </Section>
      <div className="grid items-start gap-4 lg:grid-cols-2">
        <Section title="Limits" actions={isOverridden && mayAct && <Button onClick={() => void reset(queue)}>Reset now</Button>}>
          <Facts
            className="p-4"
            facts={[
              ["Runs at once", queue.concurrencyLimit === null ? "any number" : count(queue.concurrencyLimit)],
              queue.concurrency.override !== null && ["In the code", queue.concurrency.base === null ? "any number" : count(queue.concurrency.base)],
              isOverridden && ["Set by a person", until],
              ["Of each key", queue.perKey === undefined ? "any number" : count(queue.perKey)],
              ["Starts", queue.rate ? `${count(queue.rate.count)} in ${duration(queue.rate.periodMs)}` : "as fast as they come"],
              ["May queue", queue.maxLength === undefined ? "any number" : `up to ${count(queue.maxLength)}, then triggers are refused`],
            ]}
          />
        </Section>
        <Keys queue={queue} keys={keys} />
      </div>
      {newest && <Newest name={queue.name} runs={newest.data.slice(0, SHOWN)} />}
    </div>
  );
}

/** How long it still is. */
function Left({ at }: { at: string }) {
  const left = Math.max(0, Date.parse(at) - serverNow());
  return (
    <span title={moment(at)} className="tabular-nums">
      for {duration(Math.ceil(left / 1_000) * 1_000)} more
    </span>
  );
}

/** What came last, live. */
function Newest({ name, runs }: { name: string; runs: readonly Run[] }) {
  return (
    <Section
      title="Newest runs"
      actions={
        <Link to="/runs" search={{ queue: name }} className="text-xs text-fg-2 hover:text-fg hover:underline">
          All its runs
        </Link>
      }
    >
      {runs.length === 0 ? <p className="p-4 text-fg-2">No run has come through it yet.</p> : <RunTable runs={runs} label="Newest runs" withTask />}
    </Section>
  );
}
