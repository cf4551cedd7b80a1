import type { Run } from "@runcast/client";
import { Link } from "@tanstack/react-router";
import type { Trace } from "@/data/trace";
import { Id } from "@/ui/Code";
import { Header } from "@/ui/Page";
import { Status } from "@/ui/Status";

/** What the run is, how far it is, and what can be done with it. */
export function RunHeader({ run }: { run: Run; trace: Trace }) {
  return (
    <Header
      title={
        <>
          <Link to="/runs" className="font-normal text-fg-3 hover:text-fg">
            Runs
          </Link>
          <span className="text-fg-3">/</span>
          {run.taskIdentifier}
          <Id id={run.id} />
          <Status status={run.status} />
        </>
      }
    />
  );
}
