import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Artifact } from "@/data/run";
import { artifactQuery } from "@/data/run";
import { bytes, count } from "@/format/number";
import { cx } from "@/ui/class";
import { Failure, Skeleton } from "@/ui/Empty";
import { kindOf } from "../kinds";
import type { Difference, Line } from "./difference";
import { difference } from "./difference";

const COMPARED_BYTES_MAX = 500_000;

/** How an artifact differs from an earlier one, or from that of another run. */
export default function DiffView({ before, after, label }: { before: Artifact; after: Artifact; label: string }) {
  const isSmall = before.size <= COMPARED_BYTES_MAX && after.size <= COMPARED_BYTES_MAX;
  const old = useText(before, isSmall);
  const fresh = useText(after, isSmall);
  const found = useMemo(() => (old.data === undefined || fresh.data === undefined ? null : difference(old.data, fresh.data)), [old.data, fresh.data]);
  if (!isSmall) return <p className="text-fg-3">Texts of up to {bytes(COMPARED_BYTES_MAX)} are compared here: download both.</p>;
  const failed = old.error ?? fresh.error;
  if (failed) return <Failure error={failed} onRetry={() => void Promise.all([old.refetch(), fresh.refetch()])} />;
  if (found === null) return <Skeleton rows={3} />;
  if (found === undefined) return <p className="text-fg-3">They have too little in common to be compared line by line.</p>;
  if (found.hunks.length === 0) return <p className="text-fg-3">The same as that of {label}.</p>;
  return <Shown found={found} label={label} />;
}

/** JSON is compared as it is shown: a line for each value. */
const useText = (artifact: Artifact, enabled: boolean) => {
  const client = useQueryClient();
  return useQuery({
    queryKey: ["artifact", artifact.id, "text"],
    queryFn: async () => laidOut(await (await client.fetchQuery(artifactQuery(artifact))).text(), kindOf(artifact.contentType) === "json"),
    staleTime: Number.POSITIVE_INFINITY,
    enabled,
  });
};

function laidOut(text: string, isJson: boolean): string {
  if (!isJson) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function Shown({ found, label }: { found: Difference; label: string }) {
  return (
    <figure className="overflow-hidden rounded-card border border-line bg-sunken">
      <figcaption className="border-b border-line px-3 py-1 text-xs text-fg-2">
        <span className="text-ok">+{count(found.added)}</span> <span className="text-bad">−{count(found.removed)}</span> lines, compared with {label}
      </figcaption>
      <div tabIndex={0} className="max-h-96 overflow-auto font-mono text-xs">
        <table className="w-full border-collapse">
          {found.hunks.map((hunk, index) => (
            <tbody key={hunk.lines[0]?.before ?? `new ${hunk.lines[0]?.after}`} className={cx(index > 0 && "border-t-4 border-line")}>
              {hunk.lines.map((line) => (
                <Row key={`${line.before ?? ""}|${line.after ?? ""}`} line={line} />
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </figure>
  );
}

const LOOK = {
  " ": { row: "", mark: "", word: "" },
  "+": { row: "bg-ok/10", mark: "text-ok", word: "bg-ok/25" },
  "-": { row: "bg-bad/10", mark: "text-bad", word: "bg-bad/25" },
} as const;
const SIGNS = { " ": "", "+": "added", "-": "removed" } as const;
const NUMBER = "w-0 px-2 text-right align-top text-2xs text-fg-3 select-none";

function Row({ line }: { line: Line }) {
  const look = LOOK[line.sign];
  const Tag = line.sign === "+" ? "ins" : line.sign === "-" ? "del" : "span";
  return (
    <tr className={look.row}>
      <td className={NUMBER}>{line.before}</td>
      <td className={NUMBER}>{line.after}</td>
      <td className={cx("w-0 pr-1 align-top select-none", look.mark)}>
        <span aria-hidden>{line.sign === "-" ? "−" : line.sign}</span>
        <span className="sr-only">{SIGNS[line.sign]}</span>
      </td>
      <td className="pr-3 break-words whitespace-pre-wrap">
        <Tag className="no-underline">
          {line.pieces.map((piece, index) => (
            <span key={index} className={piece.isChanged ? look.word : undefined}>
              {piece.text}
            </span>
          ))}
        </Tag>
      </td>
    </tr>
  );
}
