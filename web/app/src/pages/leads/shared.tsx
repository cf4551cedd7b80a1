import { useParams } from "@tanstack/react-router";
import type { SharedLead } from "@/data/leads";
import { sharedContentPath } from "@/data/leads";
import { percent } from "@/format/number";
import { Empty, Skeleton } from "@/ui/Empty";
import { Page } from "@/ui/Page";
import { Progress } from "@/ui/Progress";
import { lookOf, Status } from "@/ui/Status";
import { AssetView } from "./lead/StepDetails";
import { Timeline } from "./lead/Timeline";
import { shownLead, stepsOf } from "./steps";
import { useShared } from "./useShared";

/** A lead as whoever has its link sees it: live, and nothing to press. */
export default function SharedPage() {
  const { token = "" } = useParams({ strict: false });
  const { lead, error } = useShared(token);
  if (error) return <Empty title="This link works no more">It has expired, was taken back, or is mistyped. Ask whoever sent it for a new one.</Empty>;
  if (!lead) return <Skeleton />;
  return <SharedView lead={lead} token={token} />;
}

const UNTOLD = { detail: "", costUsd: null, runId: "", stream: "", waitId: "", estimate: null };

function SharedView({ lead, token }: { lead: SharedLead; token: string }) {
  const steps = stepsOf(lead.steps.map((step) => ({ ...step, ...UNTOLD })));
  const status = shownLead(lead.status);
  const name = lead.name || lead.slug;
  const isGoing = lookOf(status).hue === "run";
  return (
    <Page title={name}>
      <main className="mx-auto flex max-w-3xl flex-col gap-6 p-4 py-8">
        <header className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
          <p className="w-full text-xs text-fg-3">{`Prepared for ${lead.client}`}</p>
          <h1 className="text-xl font-semibold">{name}</h1>
          <p className="text-fg-2">{[lead.title, lead.company].filter(Boolean).join(", ")}</p>
          <span className="ml-auto flex items-center gap-3" aria-live="polite">
            <Status status={status} /> {isGoing && <span className="text-xs text-fg-2">{percent(lead.progress / 100)}</span>}
          </span>
        </header>
        {isGoing && <Progress share={lead.progress / 100} label="How far" hue="run" isMoving />}
        <Timeline steps={steps} />
        {lead.assets.map((asset) => (
          <section key={asset.id} aria-label={asset.title} className="flex flex-col gap-2">
            {asset.kind !== "email" && <h2 className="font-semibold">{asset.title}</h2>}
            <AssetView path={sharedContentPath(token, asset.id)} asset={asset} />
          </section>
        ))}
      </main>
    </Page>
  );
}
