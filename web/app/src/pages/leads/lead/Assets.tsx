import { Braces, Download, FileText, LayoutTemplate, Mail } from "lucide-react";
import type { ReactNode } from "react";
import { useState } from "react";
import type { LeadAsset, StepKey } from "@/data/leads";
import { contentPath, hrefOf } from "@/data/leads";
import { bytes } from "@/format/number";
import { Dialog } from "@/ui/Dialog";
import { Status } from "@/ui/Status";
import type { Step } from "../steps";
import { AssetView } from "./StepDetails";

const ICON: Record<LeadAsset["kind"], ReactNode> = { profile: <Braces />, research: <FileText />, email: <Mail />, page: <LayoutTemplate /> };
const MAKES: Partial<Record<StepKey, LeadAsset["kind"]>> = { enrich: "profile", research: "research", write_emails: "email", build_page: "page" };

/** What was made, and what is still to come. */
export function Assets({ leadId, assets, steps }: { leadId: string; assets: readonly LeadAsset[]; steps: readonly Step[] }) {
  const [shown, setShown] = useState<LeadAsset>();
  const coming = steps.filter((step) => step.status !== "COMPLETED" && MAKES[step.key] && !assets.some((asset) => asset.kind === MAKES[step.key]));
  return (
    <section aria-label="Assets" className="flex flex-col gap-2">
      <h2 className="font-semibold">Assets</h2>
      {assets.map((asset) => (
        <div key={asset.id} className="flex items-center gap-3 rounded-card border border-line bg-panel pr-2 [&_svg]:size-4">
          <button type="button" onClick={() => setShown(asset)} className="flex min-w-0 flex-1 items-center gap-3 rounded-card p-3 text-left hover:bg-hover">
            <span aria-hidden className="text-fg-3">
              {ICON[asset.kind]}
            </span>
            <span className="min-w-0 flex-1">
              <span className="block truncate font-semibold">{asset.title}</span>
              <span className="block truncate font-mono text-xs text-fg-3">
                {asset.name} · {bytes(asset.size)}
              </span>
            </span>
            <Status status="COMPLETED" word="Ready" iconOnly />
          </button>
          <a href={hrefOf(`${contentPath(leadId, asset.id)}?download=true`)} download={asset.name} aria-label={`Download ${asset.name}`} className="rounded-control p-1.5 text-fg-3 hover:bg-hover hover:text-fg">
            <Download aria-hidden />
          </a>
        </div>
      ))}
      {coming.map((step) => (
        <div key={step.key} className="flex items-center gap-3 rounded-card border border-dashed border-line p-3 text-fg-3 [&_svg]:size-4">
          <span aria-hidden>{ICON[MAKES[step.key] ?? "research"]}</span>
          <span className="flex-1">{step.title}</span>
          <Status status={step.status} iconOnly />
        </div>
      ))}
      {shown && (
        <Dialog isOpen isWide onClose={() => setShown(undefined)} title={shown.title}>
          <AssetView path={contentPath(leadId, shown.id)} asset={shown} />
        </Dialog>
      )}
    </section>
  );
}
