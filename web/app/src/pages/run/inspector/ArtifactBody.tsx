import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, useState } from "react";
import type { Artifact } from "@/data/run";
import { artifactQuery, viewUrl } from "@/data/run";
import { loadPart } from "@/data/parts";
import { parseJson } from "@/format/json";
import { bytes } from "@/format/number";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { Failure, Skeleton } from "@/ui/Empty";
import { HtmlFrame } from "@/ui/HtmlFrame";
import { Json } from "@/ui/Json";
import { CsvTable } from "./CsvTable";
import { Compared } from "./diff/Compared";
import type { ArtifactKind } from "./kinds";
import { kindOf } from "./kinds";
import { MailView } from "./MailView";

const Markdown = lazy(() => loadPart(() => import("@/ui/Markdown")));
const SHOWN_BYTES_MAX = 2_000_000;

/** What is in it. Whatever a run made is hostile: it is shown, and does nothing. */
export default function ArtifactBody({ runId, artifact }: { runId: string; artifact: Artifact }) {
  return (
    <Compared runId={runId} artifact={artifact}>
      <Content artifact={artifact} />
    </Compared>
  );
}

function Content({ artifact }: { artifact: Artifact }) {
  const kind = kindOf(artifact.contentType);
  const [isWanted, setWanted] = useState(artifact.size <= SHOWN_BYTES_MAX);
  const { data, error, refetch } = useQuery({ ...artifactQuery(artifact), enabled: isWanted && kind !== "other" });
  if (kind === "other") return <p className="text-fg-3">There is no preview of {artifact.contentType}: download it.</p>;
  if (!isWanted) return <Button onClick={() => setWanted(true)}>Show {bytes(artifact.size)}</Button>;
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton rows={3} />;
  return kind === "image" ? <Picture blob={data} artifact={artifact} /> : <OfText blob={data} kind={kind} artifact={artifact} />;
}

function Picture({ blob, artifact }: { blob: Blob; artifact: Artifact }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([blob], { type: artifact.contentType }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob, artifact.contentType]);
  return url ? <img src={url} alt={artifact.name} className="max-h-96 max-w-full rounded-control border border-line bg-sunken object-contain" style={{ minWidth: 24, minHeight: 24, imageRendering: artifact.size < 500 ? "pixelated" : "auto" }} /> : null;
}

function OfText({ blob, kind, artifact }: { blob: Blob; kind: ArtifactKind; artifact: Artifact }) {
  const [text, setText] = useState<string>();
  useEffect(() => {
    let isOn = true;
    const read = kind === "mail" ? blob.arrayBuffer().then((data) => Array.from(new Uint8Array(data), (one) => String.fromCharCode(one)).join("")) : blob.text();
    void read.then((found) => isOn && setText(found));
    return () => {
      isOn = false;
    };
  }, [blob, kind]);
  const json = useMemo(() => (kind === "json" && text !== undefined ? parsed(text) : undefined), [kind, text]);
  if (text === undefined) return null;
  switch (kind) {
    case "html":
      return <HtmlFrame html={text} title={artifact.name} href={viewUrl(artifact)} />;
    case "mail":
      return <MailView raw={text} />;
    case "markdown":
      return (
        <Suspense fallback={<Code text={text} />}>
          <div className="rounded-card border border-line p-3">
            <Markdown text={text} />
          </div>
        </Suspense>
      );
    case "json":
      return json ? <Json value={json.value} /> : <Code text={text} />;
    case "csv":
    case "tsv":
      return <CsvTable text={text} separator={kind === "csv" ? "," : "\t"} />;
    default:
      return <Code text={text} />;
  }
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: parseJson(text) };
  } catch {
    return undefined;
  }
}
