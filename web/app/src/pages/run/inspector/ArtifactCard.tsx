import { Braces, ChevronRight, Download, FileCode, FileText, Image, Mail, Paperclip, Table2 } from "lucide-react";
import type { ReactNode } from "react";
import { lazy, Suspense, useState } from "react";
import type { Artifact } from "@/data/run";
import { downloadUrl } from "@/data/run";
import { loadPart } from "@/data/parts";
import { bytes } from "@/format/number";
import { cx } from "@/ui/class";
import { Skeleton } from "@/ui/Empty";
import type { ArtifactKind } from "./kinds";
import { kindOf } from "./kinds";

const ArtifactBody = lazy(() => loadPart(() => import("./ArtifactBody")));

const ICONS: Record<ArtifactKind, ReactNode> = { mail: <Mail />, html: <FileCode />, markdown: <FileText />, json: <Braces />, csv: <Table2 />, tsv: <Table2 />, image: <Image />, text: <FileText />, other: <Paperclip /> };

/** An artifact: its name and size, and below it what is in it. */
export function ArtifactCard({ runId, artifact, isOpen: isOpenAtFirst = false }: { runId: string; artifact: Artifact; isOpen?: boolean }) {
  const [isOpen, setOpen] = useState(isOpenAtFirst);
  return (
    <div className="rounded-card border border-line">
      <div className="flex h-9 items-center gap-1 pr-1">
        <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)} className="flex h-full min-w-0 flex-1 items-center gap-2 rounded-card px-2 text-left hover:bg-hover [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-fg-3">
          <ChevronRight aria-hidden className={cx("transition-transform", isOpen && "rotate-90")} />
          <span aria-hidden>{ICONS[kindOf(artifact.contentType)]}</span>
          <span className="min-w-0 flex-1 truncate font-mono text-xs" title={`${artifact.name} · ${artifact.contentType}`}>
            {artifact.name}
          </span>
          <span className="text-xs text-fg-3">{bytes(artifact.size)}</span>
        </button>
        <a href={downloadUrl(artifact)} download aria-label={`Download ${artifact.name}`} title="Download" className="flex size-7 items-center justify-center rounded-control text-fg-2 hover:bg-hover max-sm:size-9 [&_svg]:size-3.5">
          <Download aria-hidden />
        </a>
      </div>
      {isOpen && (
        <div className="border-t border-line p-2">
          <Suspense fallback={<Skeleton rows={3} />}>
            <ArtifactBody runId={runId} artifact={artifact} />
          </Suspense>
        </div>
      )}
    </div>
  );
}
