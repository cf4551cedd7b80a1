import { Link } from "@tanstack/react-router";
import { Ban, RotateCcw, Share2 } from "lucide-react";
import { useState } from "react";
import type { StepKey } from "@/data/leads";
import { cancelLead, retryLead } from "@/data/leads";
import { duration } from "@/format/duration";
import { money, percent } from "@/format/number";
import { serverNow } from "@/format/time";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/class";
import { Id } from "@/ui/Code";
import { Failure, Skeleton } from "@/ui/Empty";
import { Facts, Header, Page } from "@/ui/Page";
import { Progress } from "@/ui/Progress";
import { lookOf, Status } from "@/ui/Status";
import { Elapsed, useTick } from "@/ui/Time";
import { attempt, doUnlessUndone } from "@/ui/toast";
import { openStep, remaining } from "../steps";
import { Assets } from "./Assets";
import { NotifyWhenDone } from "./NotifyWhenDone";
import { LeadHead } from "./LeadHead";
import { ReportMenu } from "./ReportMenu";
import { ShareDialog } from "./ShareDialog";
import { StepDetails } from "./StepDetails";
import { Timeline } from "./Timeline";
import { useLead } from "./useLead";

/** A lead on its way: who it is, its steps as they happen, what came of them. */
export function LeadView({ id, crumbs = true }: { id: string; crumbs?: boolean }) {
  const { lead, steps, status, progress, costUsd, assets, error, refetch } = useLead(id);
  const [chosen, setChosen] = useState<Partial<Record<StepKey, boolean>>>({});
  const [isSharing, setSharing] = useState(false);
  const [isCanceling, setCanceling] = useState(false);
  const hue = lookOf(status).hue;
  const isGoing = hue === "run" || status === "QUEUED" || status === "WAITING";
  useTick(isGoing);
  if (error && !lead) return <Failure error={error} onRetry={refetch} />;
  if (!lead) return <Skeleton />;
  const name = lead.name || lead.slug;
  const left = isGoing ? remaining(steps, serverNow()) : undefined;
  const retry = (step?: StepKey) => void attempt("This could not be retried", () => retryLead(id, step)).then(refetch);
  const open = openStep(steps);
  const cancel = () => {
    setCanceling(true);
    doUnlessUndone("The lead is being canceled", () => cancelLead(id), () => setCanceling(false));
  };
  const actions = (
    <>
      <NotifyWhenDone name={name} status={status} isGoing={isGoing} />
      <Button icon={<Share2 />} shortcut="s" onClick={() => setSharing(true)}>
        Share
      </Button>
      <ReportMenu id={id} />
      {isGoing && (
        <Button tone="danger" icon={<Ban />} disabled={isCanceling} onClick={cancel}>
          {isCanceling ? "Canceling…" : "Cancel"}
        </Button>
      )}
      {hue === "bad" && (
        <Button tone="primary" icon={<RotateCcw />} shortcut="r" onClick={() => retry()}>
          Retry
        </Button>
      )}
    </>
  );
  const title = isGoing ? `(${percent(progress)}) ${name}` : name;
  return (
    <Page
      {...(crumbs ? { title } : {})}
      header={
        <Header
          isPart={!crumbs}
          title={
            <>
              {crumbs && (
                <>
                  <Link to="/leads" className="font-normal text-fg-3 hover:text-fg">
                    Leads
                  </Link>
                  <span className="text-fg-3">/</span>
                </>
              )}
              <span className="truncate">{name}</span>
            </>
          }
          actions={actions}
        >
          <Status status={isCanceling && isGoing ? "CANCELED" : status} {...(isCanceling && isGoing ? { word: "Canceling…" } : {})} />
        </Header>
      }
    >
      <div className="flex flex-col gap-1 border-b border-line bg-panel px-4 py-2">
        <div className="flex flex-wrap items-baseline gap-x-4 text-xs text-fg-2">
          <span aria-live="polite">{(isGoing && (lead.currentStep || steps.find((one) => one.key === open)?.title)) || ""}</span>
          <span className="ml-auto">{percent(progress)}</span>
          <span>
            Elapsed <Elapsed from={lead.createdAt} to={isGoing ? undefined : (lead.finishedAt ?? lead.createdAt)} className="font-semibold text-fg" />
          </span>
          {isGoing && (
            <span>
              Remaining <b className="font-semibold text-fg">{status === "WAITING" ? "on you" : left === undefined ? "–" : `~${duration(left.ms)}`}</b>
              {left !== undefined && status !== "WAITING" && <span className="text-fg-3"> {left.n > 0 ? `(n=${left.n})` : "(a guess)"}</span>}
            </span>
          )}
          <span>
            Cost <b className="font-semibold text-fg">{money(costUsd * 100)}</b>
          </span>
        </div>
        <Progress share={progress} label={`${name}: how far`} hue={hue === "idle" ? "run" : hue} isMoving={hue === "run"} />
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-6 p-4 lg:grid-cols-[minmax(0,1fr)_320px]">
        <div className="min-w-0">
          <LeadHead name={name} title={lead.title} company={lead.company} url={lead.linkedinUrl} />
          {lead.error && steps.every((one) => one.status !== "FAILED") && (
            <p role="alert" className="mb-4 rounded-card border border-bar-bad/50 p-3 break-words whitespace-pre-wrap">
              {lead.error.message}
            </p>
          )}
          <Timeline
            steps={steps}
            opening={{
              isOpen: (key) => chosen[key] ?? key === open,
              onToggle: (key) => setChosen((before) => ({ ...before, [key]: !(before[key] ?? key === open) })),
              render: (step) => <StepDetails leadId={id} step={step} assets={assets} error={lead.error?.message} onRetry={isGoing ? undefined : () => retry(step.key)} />,
            }}
          />
        </div>
        <aside className="flex min-w-0 flex-col gap-4">
          <section className={cx("rounded-card border border-line bg-panel p-4")}>
            <h2 className="mb-2 font-semibold">Lead</h2>
            <Facts
              facts={[
                ["Client", lead.client.name],
                ["LinkedIn", <a key="url" href={lead.linkedinUrl} target="_blank" rel="noopener noreferrer" className="break-all text-accent hover:underline">{lead.linkedinUrl.replace("https://www.", "")}</a>],
                ["Status", <Status key="status" status={status} />],
                ["Run", <Link key="run" to="/runs/$runId" params={{ runId: lead.triggerRunId }} className="text-accent hover:underline"><Id id={lead.triggerRunId} /></Link>],
                lead.batchId !== "" && ["Batch", <Link key="batch" to="/leads" search={{ batch: lead.batchId }} className="text-accent hover:underline">All of the batch</Link>],
              ]}
            />
          </section>
          <Assets leadId={id} assets={assets} steps={steps} />
        </aside>
      </div>
      {isSharing && <ShareDialog id={id} onClose={() => setSharing(false)} />}
    </Page>
  );
}
