import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { BulkKind, BulkTarget, ListedRun } from "@/data/runs";
import { BAD, cancelRun, ENDED, startBulk } from "@/data/runs";
import { plural } from "@/format/number";
import { serverNow } from "@/format/time";
import { attempt, doUnlessUndone, going, said } from "@/ui/toast";
import { allRuns, download, toCsv } from "./export";
import type { RunsSearch } from "./search";
import { bulkFilter, listParams } from "./search";
import type { Selection } from "./selection";

const VERBS: Record<BulkKind, string> = { cancel: "Canceling", replay: "Replaying", resume: "Resuming" };
const IDS_MAX = 1_000;

/** Something that is asked about before it is done. */
export interface Question {
  kind: BulkKind;
  /** How many; undefined: as many as fit the filter. */
  count: number | undefined;
}

/** What can be done with the runs that are chosen. */
export function useActions({ rows, search, selection, clear, hide }: { rows: readonly ListedRun[]; search: RunsSearch; selection: Selection; clear: () => void; hide: (ids: ReadonlySet<string>, isHidden: boolean) => void }) {
  const navigate = useNavigate();
  const [question, setQuestion] = useState<Question>();
  const chosen = rows.filter((row) => selection.ids.has(row.id));
  const count = selection.isAll ? undefined : selection.ids.size;
  const failed = chosen.filter((row) => BAD.includes(row.status));

  const targets = (kind: BulkKind): BulkTarget[] => {
    if (selection.isAll) {
      const now = serverNow();
      const status = kind === "resume" && !search.status ? { status: [...BAD] } : {};
      return [{ filter: { ...bulkFilter(search, now), ...status } }];
    }
    const ids = kind === "resume" ? failed.map((row) => row.id) : [...selection.ids];
    return Array.from({ length: Math.ceil(ids.length / IDS_MAX) }, (_, at) => ({ runIds: ids.slice(at * IDS_MAX, (at + 1) * IDS_MAX) }));
  };
  const start = async (kind: BulkKind) => {
    setQuestion(undefined);
    const made = await attempt(`${VERBS[kind]} failed`, async () => {
      let id = "";
      for (const target of targets(kind)) id = (await startBulk(kind, target)).id;
      return id;
    });
    if (!made) return;
    clear();
    const what = count === undefined ? "all that match" : plural(kind === "resume" ? failed.length : count, "run");
    said(`${VERBS[kind]} ${what}`, undefined, { label: "View", onClick: () => void navigate({ to: "/bulk/$bulkId", params: { bulkId: made } }) });
  };
  const ask = (kind: BulkKind) => setQuestion({ kind, count: kind === "resume" && count !== undefined ? failed.length : count });
  const cancel = () => {
    const [only] = chosen;
    if (count !== 1 || !only) return ask("cancel");
    const ids = new Set([only.id]);
    if (ENDED.includes(only.status)) return said("This run has ended already");
    clear();
    hide(ids, true);
    doUnlessUndone(
      `Canceling ${only.taskIdentifier}`,
      async () => {
        await cancelRun(only.id);
        hide(ids, false);
      },
      () => hide(ids, false),
    );
  };
  const save = async (form: "csv" | "json") => {
    const shown = going("Exporting…");
    const runs = await attempt("The export failed", async () => (selection.isAll ? await allRuns(listParams(search), (read) => shown.tell(`Exporting… ${read.toLocaleString("en-US")} runs`)) : chosen));
    shown.end();
    if (!runs) return;
    if (form === "csv") download("runs.csv", "text/csv", toCsv(runs));
    else download("runs.json", "application/json", JSON.stringify(runs, null, 2));
    said(`Exported ${plural(runs.length, "run")}`);
  };
  return {
    question,
    dismiss: () => setQuestion(undefined),
    start,
    /** One run or a few are replayed at once; all of a filter after a question. */
    replay: () => (selection.isAll ? ask("replay") : void start("replay")),
    resume: () => (selection.isAll ? ask("resume") : void start("resume")),
    cancel,
    save,
    failedCount: selection.isAll ? undefined : failed.length,
  };
}
