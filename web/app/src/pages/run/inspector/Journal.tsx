import type { Run } from "@runcast/client";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { attemptsQuery } from "@/data/run";
import type { EntryFact } from "@/data/trace";
import { useEntry } from "@/data/trace";
import { clock } from "@/format/time";
import { cx } from "@/ui/class";
import { Skeleton } from "@/ui/Empty";
import { Json } from "@/ui/Json";
import type { Shown } from "@/ui/Status";
import { Status } from "@/ui/Status";
import { Tag } from "@/ui/Tag";
import { Elapsed } from "@/ui/Time";
import { shortName } from "@/trace/span";
import { Nothing } from "./Heading";
import type { Use } from "./journal";
import { howUsed } from "./journal";

const STATUS: Record<EntryFact["status"], Shown> = { pending: "WAITING", done: "COMPLETED", failed: "FAILED", forgotten: "SKIPPED" };
const WORDS: Record<Use, [word: string, hint: string] | undefined> = {
  recorded: undefined,
  open: undefined,
  reused: ["reused", "Done before, and not done again"],
  again: ["again", "Forgotten because it failed: it is done again"],
  unused: ["unused", "Recorded, but nobody asked for it"],
};
const SHOWN = 200;

/** What the run recorded, in order: what a retry does not do again. */
export function Journal({ run, journal: known, selected }: { run: Run; journal: readonly EntryFact[] | undefined; selected: string | undefined }) {
  const { data: attempts } = useQuery(attemptsQuery(run.id));
  const [limit, setLimit] = useState(SHOWN);
  const journal = useMemo(() => known?.toSorted((a, b) => a.startedAt - b.startedAt), [known]);
  if (!journal || !attempts) return <Skeleton />;
  if (journal.length === 0) return <Nothing>Nothing was recorded: the task has no steps, children or waits.</Nothing>;
  const uses = journal.map((entry) => howUsed(entry, { createdAt: run.createdAt, isCompleted: run.isCompleted, attempts: attempts.data, isResumed: attempts.resumedFromId !== undefined }));
  const reused = uses.filter((use) => use === "reused").length;
  return (
    <>
      {reused > 0 && (
        <p className="text-fg-2">
          {reused} of {journal.length} were done before and are reused.
        </p>
      )}
      <ol className="divide-y divide-line rounded-card border border-line">
        {journal.slice(0, limit).map((entry, index) => (
          <Row key={entry.key} runId={run.id} entry={entry} use={uses[index] ?? "recorded"} isSelected={entry.key === selected} />
        ))}
      </ol>
      {journal.length > limit && (
        <button type="button" className="text-accent hover:underline" onClick={() => setLimit(limit * 5)}>
          {journal.length - limit} more
        </button>
      )}
    </>
  );
}

function Row({ runId, entry, use, isSelected }: { runId: string; entry: EntryFact; use: Use; isSelected: boolean }) {
  const [isOpen, setOpen] = useState(isSelected);
  const word = WORDS[use];
  return (
    <li className={cx(isSelected && "bg-active")}>
      <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)} className="flex min-h-8 w-full items-center gap-2 px-2 py-1 text-left hover:bg-hover">
        <Status status={STATUS[entry.status]} iconOnly className={use === "reused" ? "opacity-60" : ""} />
        <span className={cx("min-w-0 flex-1 truncate", (use === "unused" || use === "again") && "text-fg-3 line-through")}>{shortName(entry.name || entry.key)}</span>
        {word && (
          <span title={word[1]}>
            <Tag>{word[0]}</Tag>
          </span>
        )}
        <span className="text-xs text-fg-3">{entry.kind}</span>
        <span className="w-16 text-right text-xs text-fg-2">{entry.finishedAt ? <Elapsed from={entry.startedAt} to={entry.finishedAt} /> : "…"}</span>
      </button>
      {isOpen && <Opened runId={runId} fact={entry} />}
    </li>
  );
}

/** What is read only of those that are opened: values may be long. */
function Opened({ runId, fact }: { runId: string; fact: EntryFact }) {
  const navigate = useNavigate();
  const entry = useEntry(runId, fact);
  const child = fact.awaits?.startsWith("run_") ? fact.awaits : undefined;
  return (
    <div className="flex flex-col gap-2 px-3 pb-3 text-xs">
      <p className="flex flex-wrap gap-x-3 text-fg-3">
        <span>{clock(fact.startedAt, undefined, { millis: true })}</span>
        {(fact.tries ?? 1) > 1 && <span>{fact.tries} tries</span>}
        {entry !== undefined && entry.generation > 0 && <span>generation {entry.generation}</span>}
        <code className="font-mono break-all">{fact.key}</code>
      </p>
      {child && (
        <button type="button" className="self-start font-mono text-accent hover:underline" onClick={() => void navigate({ to: "/runs/$runId", params: { runId: child } })}>
          {child}
        </button>
      )}
      {fact.error && (
        <p className="break-words text-bad">
          {fact.error.name}: {fact.error.message}
        </p>
      )}
      {entry && "value" in entry && <Json value={entry.value} />}
    </div>
  );
}
