import { useNavigate, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { ListedRun } from "@/data/runs";
import { Button } from "@/ui/Button";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Header, useTitle } from "@/ui/Page";
import { useShortcuts } from "@/ui/shortcuts";
import { attempt } from "@/ui/toast";
import { useActions } from "./actions";
import { Activity, useUsualPeriod } from "./Activity";
import { BulkBar } from "./BulkBar";
import { ColumnChoices } from "./ColumnChoices";
import { COLUMNS } from "./columns";
import { Counts } from "./Counts";
import { Filters } from "./Filters";
import { Onboarding } from "./Onboarding";
import { RunsTable } from "./RunsTable";
import type { RunsSearch } from "./search";
import { isFiltered, readRunsSearch, withFilter } from "./search";
import type { Selection } from "./selection";
import { everything, NOTHING, toggled } from "./selection";
import { useColumns } from "./stored";
import { Strip } from "./Strip";
import { useRunsList } from "./useRunsList";
import { useViews } from "./useViews";
import { ViewsMenu } from "./ViewsMenu";
import { ViewTabs } from "./ViewTabs";

const FOLLOW_MS = 500;
const NO_ROWS: readonly ListedRun[] = [];
const USUAL = COLUMNS.filter((column) => !column.isExtra).map((column) => column.key);

/** All runs, newest first, as they change. */
export default function Runs() {
  useTitle("Runs");
  const raw = useSearch({ strict: false });
  const search = useMemo(() => readRunsSearch(raw), [raw]);
  const navigate = useNavigate();
  const go = useCallback((next: RunsSearch) => void navigate({ to: "/runs", search: next }), [navigate]);
  const { asked, shown, refresh, loadMore, isLoadingMore, isStuck } = useRunsList(search);
  const [columnKeys, setColumnKeys] = useColumns();
  const keys = columnKeys ?? USUAL;
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [current, setCurrent] = useState<string>();
  const [isAtTop, setAtTop] = useState(true);
  const [isFollowing, setFollowing] = useState(false);
  const [isPointed, setPointed] = useState(false);
  const [canceling, setCanceling] = useState<ReadonlySet<string>>(new Set());
  const hide = useCallback((ids: ReadonlySet<string>, isOn: boolean) => setCanceling((before) => new Set(isOn ? [...before, ...ids] : [...before].filter((id) => !ids.has(id)))), []);
  const clear = useCallback(() => setSelection(NOTHING), []);
  const list = useMemo(() => shown && (canceling.size === 0 ? shown : { ...shown, rows: shown.rows.map((row) => (canceling.has(row.id) ? ending(row) : row)) }), [shown, canceling]);
  const rows = list?.rows ?? NO_ROWS;
  // A column that nobody asked for, and in which nothing would be.
  const hasChildren = rows.some((row) => row.children !== undefined);
  const columns = useMemo(() => COLUMNS.filter((column) => keys.includes(column.key) && (hasChildren || columnKeys || column.key !== "children")), [keys, hasChildren, columnKeys]);
  // Without a selection the keys act on the row where one is.
  const pointed = useMemo(() => (current === undefined ? NOTHING : toggled(NOTHING, current)), [current]);
  const isChosen = selection.isAll || selection.ids.size > 0;
  const actions = useActions({ rows, search, selection: isChosen ? selection : pointed, clear, hide });
  useShortcuts(
    isChosen || current === undefined
      ? []
      : [
          { keys: "r", label: "Replay the run", run: actions.replay },
          { keys: "shift+c", label: "Cancel the run", run: actions.cancel },
        ],
  );
  const load = useCallback(() => void attempt("New runs could not be loaded", () => refresh(true)), [refresh]);

  useEffect(() => setSelection(NOTHING), [search]);
  const fresh = list?.fresh.size ?? 0;
  const canFollow = !isFiltered(search) && isAtTop;
  const isEmpty = rows.length === 0;
  // Nothing moves under the pointer, nor where the keys are.
  const isHeld = isChosen || isPointed || current !== undefined;
  const isLoadingAlone = fresh > 0 && (isEmpty || (isFollowing && canFollow && !isHeld));
  useEffect(() => {
    if (!isLoadingAlone) return;
    const timer = setTimeout(load, isEmpty ? 0 : FOLLOW_MS);
    return () => clearTimeout(timer);
  }, [isLoadingAlone, isEmpty, load]);

  const usual = useUsualPeriod(search);
  const views = useViews(search);
  const narrow = useCallback((from: string, to: string) => go(withFilter(search, { from, to, period: undefined })), [go, search]);
  // Rows change sixty times a second; what stands around them is drawn when it changes itself.
  const choices = useMemo(
    () => (
      <>
        <ViewsMenu views={views} search={search} />
        <ColumnChoices keys={keys} onChoose={setColumnKeys} />
      </>
    ),
    [views, search, keys, setColumnKeys],
  );
  const header = useMemo(() => <Top search={search} />, [search]);
  const more = useCallback(() => void attempt("Older runs could not be loaded", loadMore), [loadMore]);
  // An answer looks at so many runs: where none of them fits, the older ones are asked for.
  const isLooking = isEmpty && list?.next !== undefined && !asked.isPlaceholderData;
  useEffect(() => {
    if (isLooking && !isLoadingMore && !isStuck) more();
  }, [isLooking, isLoadingMore, isStuck, more]);
  const isNew = list !== undefined && isEmpty && !isLooking && !isFiltered(search) && !search.after && !asked.isPlaceholderData;
  return (
    <div className="relative flex h-full min-w-0 flex-col">
      {header}
      {isNew ? (
        <div className="min-h-0 flex-1 overflow-auto">
          <Onboarding />
        </div>
      ) : (
        <>
          <ViewTabs views={views} search={search}>
            {choices}
          </ViewTabs>
          <Filters search={search} onSearch={go}>
            {views.views.length === 0 && choices}
          </Filters>
          <Activity search={search} usual={usual} onRange={narrow} />
          <Strip search={search} usual={usual} fresh={fresh} onLoad={load} canFollow={canFollow} isFollowing={isFollowing} isHeld={isHeld} onFollow={setFollowing} />
          {list && !isEmpty && (
            <RunsTable
              list={list}
              columns={columns}
              selection={selection}
              onSelect={setSelection}
              current={current}
              onCurrent={setCurrent}
              isLoadingMore={isLoadingMore}
              isStuck={isStuck}
              onMore={more}
              onOlder={(after) => go({ ...search, after })}
              onTop={setAtTop}
              onPoint={setPointed}
            />
          )}
          {!list && asked.error && <Failure error={asked.error} onRetry={() => void asked.refetch()} />}
          {!list && !asked.error && <Skeleton rows={14} />}
          {list && isLooking && <p role="status" className="p-16 text-center text-fg-2">{isStuck ? <Button onClick={more}>Try again</Button> : "Looking through older runs…"}</p>}
          {list && isEmpty && !isLooking && (
            <Empty title="No match for these filters" action={<Button onClick={() => go({})}>Clear</Button>}>
              New runs that match appear here by themselves.
            </Empty>
          )}
        </>
      )}
      <BulkBar actions={actions} selection={selection} search={search} isWhole={rows.length > 0 && rows.every((row) => selection.ids.has(row.id))} onAll={() => setSelection(everything)} onClear={clear} />
    </div>
  );
}

function Top({ search }: { search: RunsSearch }) {
  const navigate = useNavigate();
  return (
    <Header
      title="Runs"
      actions={
        <Button tone="primary" icon={<Plus />} shortcut="n" className="max-sm:hidden" onClick={() => void navigate({ to: "/test" as string })}>
          New run
        </Button>
      }
    >
      <Counts current={search} />
    </Header>
  );
}

/** A run whose cancellation was asked for, until the server says so. */
function ending(row: ListedRun): ListedRun {
  const { retryAt: _, ...rest } = row;
  return { ...rest, status: "CANCELED", isCompleted: true, isQueued: false, metadata: { label: "Canceling…" } };
}
