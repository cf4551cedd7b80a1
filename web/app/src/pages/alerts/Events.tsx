import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bell, Layers, Sparkles, Timer, UserRound } from "lucide-react";
import type { ReactNode } from "react";
import type { AlertEvent, AlertOn } from "@/data/alerts";
import { alertEventsQuery } from "@/data/alerts";
import { count, shortId } from "@/format/number";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/class";
import { Code } from "@/ui/Code";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { More } from "@/ui/More";
import type { Hue } from "@/ui/Status";
import { HUE_TEXT, lookOf } from "@/ui/Status";
import type { Column } from "@/ui/Table";
import { Table } from "@/ui/Table";
import { Ago } from "@/ui/Time";

const KINDS: Record<AlertOn, { word: string; hue: Hue; shape: ReactNode }> = {
  failed: { word: "Failed", hue: "bad", shape: lookOf("FAILED").shape },
  new_error: { word: "New error", hue: "bad", shape: <Sparkles /> },
  parked: { word: "Needs a person", hue: "wait", shape: <UserRound /> },
  slow: { word: "Slow", hue: "wait", shape: <Timer /> },
  backlog: { word: "Backlog", hue: "wait", shape: <Layers /> },
  succeeded: { word: "Completed", hue: "ok", shape: lookOf("COMPLETED").shape },
};

/** What alerts were raised for, newest first. What looks the same is one event, with a count. */
export function Events({ onMake }: { onMake: (() => void) | undefined }) {
  const events = useInfiniteQuery(alertEventsQuery);
  if (events.error && !events.data) return <Failure error={events.error} onRetry={() => void events.refetch()} />;
  if (!events.data) return <Skeleton />;
  const rows = events.data.pages.flatMap((page) => page.data);
  if (rows.length === 0) return <Nothing onMake={onMake} />;
  return (
    <>
      <Table label="Events of alerts" rows={rows} columns={COLUMNS} keyOf={(event) => event.id} />
      <More pages={events} />
    </>
  );
}

const COLUMNS: Column<AlertEvent>[] = [
  {
    key: "kind",
    label: "Event",
    cell: (event) => {
      const { word, hue, shape } = KINDS[event.kind];
      return (
        <span className={cx("inline-flex items-center gap-1.5 align-bottom font-medium whitespace-nowrap", HUE_TEXT[hue])}>
          <span aria-hidden className="inline-flex shrink-0 [&>svg]:size-3.5">
            {shape}
          </span>
          {word}
        </span>
      );
    },
  },
  {
    key: "message",
    label: "Subject",
    className: "w-full max-w-0 min-w-36",
    cell: (event) => (
      <span className="flex min-w-0 flex-col">
        <span className="truncate font-medium">
          {event.subject}
          {event.count > 1 && <span className="font-normal text-fg-3 sm:hidden"> ×{count(event.count)}</span>}
        </span>
        <span className="truncate text-xs text-fg-2" title={event.message}>
          {event.message}
        </span>
      </span>
    ),
  },
  { key: "count", label: "Times", isWide: true, className: "text-right", cell: (event) => count(event.count) },
  { key: "alert", label: "Alert", isWide: true, cell: (event) => <span className="whitespace-nowrap text-fg-2">{event.alert}</span> },
  {
    key: "run",
    label: "First run",
    isWide: true,
    cell: (event) =>
      event.runId && (
        <Link to="/runs/$runId" params={{ runId: event.runId }} title={event.runId} className="font-mono text-xs whitespace-nowrap hover:underline">
          …{shortId(event.runId)}
        </Link>
      ),
  },
  { key: "last", label: "Last", cell: (event) => <Ago at={event.lastAt} className="whitespace-nowrap text-fg-2" /> },
];

const IN_CODE = `from runcast import Alert, channels

Alert(
    "failures",
    on="failed",
    to=channels.email("ops@example.com"),
)`;

function Nothing({ onMake }: { onMake: (() => void) | undefined }) {
  return (
    <Empty icon={<Bell />} title="No alert has been raised" action={onMake && <Button onClick={onMake}>Create a channel</Button>}>
      <p className="mb-3">Hear of runs that fail, need a person or take too long: by webhook, e-mail or Slack. Create a channel here, or declare an alert in code:</p>
      <Code text={IN_CODE} wrap={false} className="text-left" />
    </Empty>
  );
}
