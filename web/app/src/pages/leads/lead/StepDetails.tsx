import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ExternalLink, RotateCcw } from "lucide-react";
import { lazy, Suspense } from "react";
import type { LeadAsset, StepKey } from "@/data/leads";
import { contentPath, contentQuery, hrefOf } from "@/data/leads";
import { loadPart } from "@/data/parts";
import { Button } from "@/ui/Button";
import { CopyButton } from "@/ui/Code";
import { Failure, Skeleton } from "@/ui/Empty";
import { HtmlFrame } from "@/ui/HtmlFrame";
import { Json } from "@/ui/Json";
import type { Step } from "../steps";
import { Approval } from "./Approval";
import { LiveText } from "./LiveText";
import { StepLogs } from "./StepLogs";

const Markdown = lazy(() => loadPart(() => import("@/ui/Markdown")));
const KIND: Record<StepKey, LeadAsset["kind"] | undefined> = { enrich: "profile", research: "research", write_emails: "email", build_page: "page", approval: undefined };

/** What a step made, or makes right now, or why it did not; its logs; and what can be done about it. */
export function StepDetails({ leadId, step, assets, error, onRetry }: { leadId: string; step: Step; assets: readonly LeadAsset[]; error: string | undefined; onRetry?: (() => void) | undefined }) {
  const mine = assets.filter((asset) => asset.kind === KIND[step.key]);
  const isGoing = step.status === "EXECUTING";
  return (
    <>
      {step.status === "FAILED" && (
        <div role="alert" className="flex flex-wrap items-start gap-3 rounded-card border border-bar-bad/50 p-3">
          <p className="min-w-0 flex-1 break-words whitespace-pre-wrap">{step.detail || error}</p>
          {onRetry && (
            <Button icon={<RotateCcw />} onClick={onRetry}>
              Retry this step
            </Button>
          )}
        </div>
      )}
      {step.key === "approval" && <Approval step={step} />}
      {isGoing && step.stream && step.runId && <LiveText runId={step.runId} stream={step.stream} />}
      {!isGoing && mine.map((asset) => <AssetView key={asset.id} path={contentPath(leadId, asset.id)} asset={asset} />)}
      {step.runId && <StepLogs runId={step.runId} />}
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        {step.runId && (
          <Link to="/runs/$runId" params={{ runId: step.runId }} className="text-xs text-accent hover:underline">
            Open the run of this step
          </Link>
        )}
        {step.status === "COMPLETED" && onRetry && (
          <Button tone="quiet" icon={<RotateCcw />} title="Does this step once more, and what depends on it; its calls are paid again" className="ml-auto" onClick={onRetry}>
            Do this step anew
          </Button>
        )}
      </div>
    </>
  );
}

/** One thing that was made, as it is read. */
export function AssetView({ path, asset }: { path: string; asset: LeadAsset }) {
  const { data, error, refetch } = useQuery(contentQuery(path, asset.createdAt));
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Skeleton rows={2} />;
  switch (asset.kind) {
    case "profile":
      return <Json value={parsed(data)} />;
    case "research":
      return (
        <Suspense fallback={<Skeleton rows={3} />}>
          <Markdown text={data} />
        </Suspense>
      );
    case "email":
      return <Letter text={data} />;
    case "page":
      return (
        <div className="flex flex-col gap-2">
          <HtmlFrame html={data} title={asset.title} />
          <a href={hrefOf(path)} target="_blank" rel="noopener" className="inline-flex items-center gap-1 self-start text-accent hover:underline">
            Open in a new tab <ExternalLink aria-hidden className="size-3.5" />
          </a>
        </div>
      );
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `# Subject`, an empty line, and the letter. */
function Letter({ text }: { text: string }) {
  const [, subject, body = text] = /^# (.*)\r?\n\s*\n([\s\S]*)$/.exec(text) ?? [];
  return (
    <article className="overflow-hidden rounded-card border border-line">
      <header className="flex items-center gap-2 border-b border-line bg-sunken px-3 py-1.5">
        <span className="text-fg-3">Subject</span>
        <span className="min-w-0 flex-1 truncate font-semibold">{subject ?? "–"}</span>
        <CopyButton text={body} label="Copy the letter" />
      </header>
      <p className="p-3 break-words whitespace-pre-wrap">{body}</p>
    </article>
  );
}
