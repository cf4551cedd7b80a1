import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import type { Artifact, Entry, Failure, WholeRun } from "@/data/run";
import { attemptsQuery, usageQuery } from "@/data/run";
import type { EntryFact } from "@/data/trace";
import { Button } from "@/ui/Button";
import { Json } from "@/ui/Json";
import { Facts } from "@/ui/Page";
import { Status } from "@/ui/Status";
import { Elapsed } from "@/ui/Time";
import { ArtifactCard } from "./ArtifactCard";
import { AttemptList } from "./AttemptList";
import { ErrorCard } from "./ErrorCard";
import { Heading } from "./Heading";
import type { Inspected } from "./index";
import { StreamView } from "./StreamView";
import { StepOverview } from "./StepOverview";
import type { TabName } from "./tabs";
import { WaitCards } from "./WaitCard";
import { usageFacts } from "./usage";
import { When } from "./When";

const SHOWN = 4;

export interface OverviewProps extends Inspected {
  whole: WholeRun | undefined;
  entry: Entry | undefined;
  journal: readonly EntryFact[] | undefined;
  artifacts: Artifact[] | undefined;
  isOther: boolean;
  onShow: (tab: TabName) => void;
}

/** What one wants to know first: what is waited for, what went wrong, what comes out of it. */
export function Overview(given: OverviewProps) {
  return given.span ? <StepOverview {...given} /> : <OfRun {...given} />;
}

function OfRun({ run, journal, artifacts, isOther, onShow }: OverviewProps) {
  const { data: attempts } = useQuery(attemptsQuery(run.id));
  const { data: usage } = useQuery(usageQuery(run.id));
  const names = run.streams ?? [];
  const error: Failure | undefined = run.error ?? (run.isCompleted ? undefined : attempts?.data.findLast((one) => one.error)?.error);
  return (
    <>
      <WaitCards journal={journal} />
      {error && run.status !== "CANCELED" && <ErrorCard error={error} />}
      {attempts && (attempts.data.length > 1 || attempts.nextAt) && <AttemptList attempts={attempts} />}
      <section className="flex flex-col gap-2">
        <h2 className="flex items-center gap-2 font-semibold">
          {run.taskIdentifier}
          {isOther && (
            <Link to="/runs/$runId" params={{ runId: run.id }} className="font-normal text-accent hover:underline">
              Open this run
            </Link>
          )}
        </h2>
        <Facts
          facts={[
            ["Status", <Status key="s" status={run.status} />],
            ["Created", <When key="c" at={run.createdAt} />],
            !!run.startedAt && ["Started", <When key="b" at={run.startedAt} />],
            !!run.finishedAt && ["Finished", <When key="f" at={run.finishedAt} />],
            !!run.startedAt && ["Duration", <Elapsed key="d" from={run.startedAt ?? ""} to={run.finishedAt} />],
            run.tags.length > 0 && ["Tags", run.tags.join(", ")],
            ...usageFacts(usage?.total.items ?? []),
          ]}
        />
      </section>
      {names.slice(0, SHOWN).map((name) => (
        <StreamView key={name} runId={run.id} name={name} isRunning={!run.isCompleted} />
      ))}
      {artifacts && artifacts.length > 0 && (
        <section className="flex flex-col gap-2">
          <Heading actions={artifacts.length > SHOWN && <Button tone="quiet" onClick={() => onShow("artifacts")}>All {artifacts.length}</Button>}>Artifacts</Heading>
          {artifacts.slice(0, SHOWN).map((artifact) => (
            <ArtifactCard key={artifact.id} runId={run.id} artifact={artifact} />
          ))}
        </section>
      )}
      {run.output !== undefined && run.isSuccess && (
        <section className="flex flex-col gap-2">
          <Heading>Output</Heading>
          <Json value={run.output} />
        </section>
      )}
    </>
  );
}
