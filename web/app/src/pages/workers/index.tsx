import { useQuery } from "@tanstack/react-query";
import { Cpu } from "lucide-react";
import { workersQuery } from "@/data/workers";
import { plural } from "@/format/number";
import { Code } from "@/ui/Code";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Header, Page } from "@/ui/Page";
import { WorkerCard } from "./WorkerCard";

/** Who executes runs, and what they do. */
export default function Workers() {
  const { data, error, refetch } = useQuery(workersQuery);
  const executing = data?.data.reduce((sum, worker) => sum + worker.executing, 0) ?? 0;
  return (
    <Page
      title="Workers"
      header={
        <Header title="Workers">
          <span aria-live="polite" className="text-fg-3">
            {data && data.data.length > 0 && `${plural(data.data.length, "worker")}, ${plural(executing, "run")} executing`}
          </span>
        </Header>
      }
    >
      {data ? (
        data.data.length > 0 ? (
          <ul aria-label="Workers" className="grid gap-4 p-4 xl:grid-cols-2">
            {data.data.map((worker) => (
              <WorkerCard key={worker.id} worker={worker} />
            ))}
          </ul>
        ) : (
          <Nothing />
        )
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton />
      )}
    </Page>
  );
}

function Nothing() {
  return (
    <Empty icon={<Cpu />} title="No worker is connected">
      <p className="mb-3 flex items-center justify-center gap-2">
        <span aria-hidden className="spinning size-3 rounded-full border-2 border-wait border-t-transparent" />
        Waiting for one. It appears here as soon as it connects.
      </p>
      <div className="flex flex-col gap-3 text-left">
        <p>On this machine, with a server of its own:</p>
        <Code text="runcast dev app.py" />
        {location.protocol === "https:" ? (
          <>
            <p>Anywhere, for this server, with a key from Settings:</p>
            <Code text={`RUNCAST_KEY=tr_… runcast worker app.py --url ${location.origin}`} />
          </>
        ) : (
          <>
            <p>In a process of its own, in the directory of this server:</p>
            <Code text="runcast worker app.py" />
          </>
        )}
      </div>
    </Empty>
  );
}
