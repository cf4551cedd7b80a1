import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Layers } from "lucide-react";
import { useState } from "react";
import type { Queue } from "@/data/queues";
import { queuesQuery } from "@/data/queues";
import { count } from "@/format/number";
import { serverNow } from "@/format/time";
import { useFresh } from "@/live/useFresh";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Header, Page } from "@/ui/Page";
import { Search } from "@/ui/Search";
import { useTick } from "@/ui/Time";
import { healthOf } from "./health";
import { QueueTable } from "./QueueTable";
import { useSamples } from "./samples";

const EXAMPLE = `from runcast import Queue, task

@task(queue=Queue("llm", concurrency=12, per_key=2))
async def summarize(url: str) -> str: ...`;

/** All queues: what waits, what runs, and what holds it up. */
export default function Queues() {
  const [page, setPage] = useState(1);
  const [text, setText] = useState("");
  const { data, error, refetch } = useQuery(queuesQuery(page));
  useFresh("runs", ["queues"], 1_000);
  useTick();
  const barsOf = useSamples(data?.data);
  const navigate = useNavigate();
  const all = data?.data ?? [];
  const shown = all.filter((one) => one.name.toLowerCase().includes(text.toLowerCase()));
  const open = (queue: Queue) => void navigate({ to: "/queues/$name", params: { name: queue.name } });
  return (
    <Page
      title="Queues"
      header={
        <Header title="Queues" actions={all.length > 8 ? <Search label="Find a queue" value={text} onChange={setText} /> : undefined}>
          {data && <Totals queues={all} />}
        </Header>
      }
    >
      {error && !data && <Failure error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton />}
      {data && all.length === 0 && (
        <Empty icon={<Layers />} title="No queue yet">
          <p className="mb-3">A queue says how many runs may go on at once. Each task has one; give it limits where it uses something scarce:</p>
          <Code text={EXAMPLE} className="text-left" />
        </Empty>
      )}
      {all.length > 0 && (shown.length > 0 ? <QueueTable queues={shown} barsOf={barsOf} onOpen={open} /> : <Empty title={`No queue matches “${text}”`} action={<Button onClick={() => setText("")}>Clear</Button>} />)}
      {data && data.pagination.totalPages > 1 && (
        <nav aria-label="Pages" className="flex items-center justify-center gap-3 p-3">
          <Button disabled={page === 1} onClick={() => setPage(page - 1)}>
            Previous
          </Button>
          {page} of {data.pagination.totalPages}
          <Button disabled={page >= data.pagination.totalPages} onClick={() => setPage(page + 1)}>
            Next
          </Button>
        </nav>
      )}
    </Page>
  );
}

/** What all of them come to. */
function Totals({ queues }: { queues: readonly Queue[] }) {
  const sum = (pick: (queue: Queue) => number) => count(queues.reduce((total, queue) => total + pick(queue), 0));
  const troubled = queues.filter((queue) => ["Starved", "Paused"].includes(healthOf(queue, serverNow()).word)).length;
  return (
    <p className="flex flex-wrap gap-x-3 text-xs text-fg-2">
      <span>{sum((one) => one.queued)} queued</span>
      <span className="text-run">{sum((one) => one.running)} running</span>
      {troubled > 0 && <span className="text-wait">{troubled} held up</span>}
    </p>
  );
}
