import { RuncastProvider, useRun } from "@runcast/react-hooks";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { BASE } from "@/data/api";
import type { Shared, StepKey } from "@/data/leads";
import { sharedContentPath, sharedQuery } from "@/data/leads";
import { percent } from "@/format/number";
import { Empty, Skeleton } from "@/ui/Empty";
import { Page } from "@/ui/Page";
import { Progress } from "@/ui/Progress";
import { lookOf, Status } from "@/ui/Status";
import { AssetView } from "./lead/StepDetails";
import { Timeline } from "./lead/Timeline";
import { openStep, progressOf, statusOf, stepsOf } from "./steps";

/** A lead as whoever has its link sees it: live, and nothing to press. */
export default function SharedLead() {
  const { token = "" } = useParams({ strict: false });
  const { data, error } = useQuery(sharedQuery(token));
  if (error) return <Empty title="This link works no more">It has expired, was taken back, or is mistyped. Ask whoever sent it for a new one.</Empty>;
  if (!data) return <Skeleton />;
  return (
    <RuncastProvider baseUrl={BASE} token={data.liveToken}>
      <SharedView shared={data} token={token} />
    </RuncastProvider>
  );
}

function SharedView({ shared, token }: { shared: Shared; token: string }) {
  const { lead } = shared;
  const { run } = useRun(shared.liveToken ? lead.triggerRunId : undefined);
  const [chosen, setChosen] = useState<Partial<Record<StepKey, boolean>>>({});
  const steps = stepsOf(lead.steps, run);
  const status = statusOf(run, lead.status);
  const name = lead.name || lead.slug;
  const progress = run?.isSuccess ? 1 : run ? progressOf(run.metadata) : lead.progress / 100;
  const open = openStep(steps);
  return (
    <Page title={name}>
      <main className="mx-auto flex max-w-3xl flex-col gap-4 p-4">
        <header className="flex flex-wrap items-baseline gap-3">
          <h1 className="text-xl font-semibold">{name}</h1>
          <p className="text-fg-2">{[lead.title, lead.company].filter(Boolean).join(", ")}</p>
          <span className="ml-auto flex items-center gap-3">
            <Status status={status} /> <span className="text-xs text-fg-2">{percent(progress)}</span>
          </span>
        </header>
        <Progress share={progress} label="How far" hue={lookOf(status).hue === "idle" ? "run" : lookOf(status).hue} isMoving={lookOf(status).hue === "run"} />
        <Timeline
          steps={steps}
          isOpen={(key) => chosen[key] ?? key === open}
          onToggle={(key) => setChosen((before) => ({ ...before, [key]: !(before[key] ?? key === open) }))}
          render={(step) => <p className="break-words whitespace-pre-wrap text-fg-2">{step.detail || "Nothing else is shown here."}</p>}
        />
        {lead.assets
          .filter((asset) => asset.kind !== "profile")
          .map((asset) => (
            <section key={asset.id} className="flex flex-col gap-2">
              <h2 className="font-semibold">{asset.title}</h2>
              <AssetView path={sharedContentPath(token, asset.id)} asset={asset} />
            </section>
          ))}
      </main>
    </Page>
  );
}
