import type { Run } from "@runcast/client";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Attempt, Entry } from "@/data/run";
import { attemptsQuery } from "@/data/run";
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

const STATUS: Record<Entry["status"], Shown> = { pending: "WAITING", done: "COMPLETED", failed: "FAILED", forgotten: "SKIPPED" };
const WORDS: Record<Use, [word: string, hint: string] | undefined> = {
  recorded: undefined,
  open: undefined,
  reused: ["reused", "Done before, and not done again"],
  again: ["again", "Forgotten because it failed: it is done again"],
  unused: ["unused", "Recorded, but nobody asked for it"],
};
const SHOWN = 200;

/** What the run recorded, in order: what a retry does not do again. */
export function Journal({ run, journal, selected }: { run: Run; journal: Entry[] | undefined; selected: string | undefined }) {
  const { data: attempts } = useQuery(attemptsQuery(run.id));
  const [limit, setLimit] = useState(SHOWN);
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
          <Row key={entry.key} entry={entry} use={uses[index] ?? "recorded"} isSelected={entry.key === selected} attempts={attempts.data} />
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

function Row({ entry, use, isSelected }: { entry: Entry; use: Use; isSelected: boolean; attempts: readonly Attempt[] }) {
  const [isOpen, setOpen] = useState(isSelected);
  const navigate = useNavigate();
  const word = WORDS[use];
  const child = entry.awaits?.startsWith("run_") ? entry.awaits : undefined;
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
      {isOpen && (
        <div className="flex flex-col gap-2 px-3 pb-3 text-xs">
          <p className="flex flex-wrap gap-x-3 text-fg-3">
            <span>{clock(entry.startedAt, undefined, { millis: true })}</span>
            {entry.tries > 1 && <span>{entry.tries} tries</span>}
            {entry.generation > 0 && <span>generation {entry.generation}</span>}
            <code className="font-mono break-all">{entry.key}</code>
          </p>
          {child && (
            <button type="button" className="self-start font-mono text-accent hover:underline" onClick={() => void navigate({ to: "/runs/$runId", params: { runId: child } })}>
              {child}
            </button>
          )}
          {entry.error && (
            <p className="break-words text-bad">
              {entry.error.name}: {entry.error.message}
            </p>
          )}
          {"value" in entry && <Json value={entry.value} />}
        </div>
      )}
    </li>
  );
}
