import { useQuery } from "@tanstack/react-query";
import { FileText } from "lucide-react";
import { lazy, Suspense } from "react";
import type { Artifact } from "@/data/run";
import { artifactQuery, artifactsQuery, viewUrl, wholeRunQuery } from "@/data/run";
import { loadPart } from "@/data/parts";
import { bytes } from "@/format/number";
import { HtmlFrame } from "@/ui/HtmlFrame";
import { Facts } from "@/ui/Page";

const Markdown = lazy(() => loadPart(() => import("@/ui/Markdown")));
const SHOWN_BYTES_MAX = 200_000;
const FACTS_MAX = 8;
/** What `progress()` writes: how far the run is says nothing of what is asked. */
const PROGRESS = new Set(["progress", "currentStep", "estimatedTimeRemaining"]);
const isShown = (one: Artifact) => one.size <= SHOWN_BYTES_MAX && /^text\/(html|markdown|plain)/.test(one.contentType);

/** What one decides about: what the run says of itself, and what it made. */
export function Context({ runId }: { runId: string }) {
  const { data: run } = useQuery(wholeRunQuery(runId));
  const { data: artifacts = [] } = useQuery(artifactsQuery(runId));
  const newest = [...artifacts].reverse().find(isShown);
  const said = Object.entries(plainOf(run?.metadata)).filter(([name]) => !PROGRESS.has(name));
  const facts = Object.entries({ ...plainOf(run?.payload), ...Object.fromEntries(said) }).slice(0, FACTS_MAX);
  return (
    <div className="flex flex-col gap-3">
      {facts.length > 0 && <Facts facts={facts} />}
      {newest && <Preview artifact={newest} />}
      {artifacts.length > 0 && (
        <ul className="flex flex-wrap gap-2">
          {artifacts.map((one) => (
            <li key={one.id}>
              <a href={viewUrl(one)} target="_blank" rel="noreferrer" className="inline-flex items-center gap-1.5 rounded-control border border-line px-2 py-1 text-xs text-fg-2 hover:bg-hover hover:text-fg">
                <FileText aria-hidden className="size-3.5" />
                {one.name}
                <span className="text-fg-3">{bytes(one.size)}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Preview({ artifact }: { artifact: Artifact }) {
  const { data: blob } = useQuery(artifactQuery(artifact));
  const { data: text } = useQuery({ queryKey: ["artifact", artifact.id, "text"], queryFn: () => blob?.text() ?? "", enabled: blob !== undefined, staleTime: Number.POSITIVE_INFINITY });
  if (text === undefined) return null;
  if (artifact.contentType.startsWith("text/html")) return <HtmlFrame html={text} title={artifact.name} height={280} />;
  if (artifact.contentType.startsWith("text/markdown"))
    return (
      <Suspense>
        <Markdown text={text} className="max-h-80 overflow-auto rounded-card border border-line bg-sunken p-3" />
      </Suspense>
    );
  return (
    <pre tabIndex={0} className="max-h-80 overflow-auto rounded-card border border-line bg-sunken p-3 text-sm whitespace-pre-wrap">
      {text}
    </pre>
  );
}

/** The parts of an object that fit into a line. */
function plainOf(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).flatMap(([name, part]) => (["string", "number", "boolean"].includes(typeof part) ? [[name, String(part).slice(0, 300)] as const] : [])));
}
