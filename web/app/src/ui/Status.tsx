import type { RunStatus } from "@runcast/client";
import { Ban, CalendarClock, Check, CircleDashed, Flame, Hourglass, RotateCw, TimerOff, TriangleAlert, X } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./class";

/** One word for each status; the same as in the terminal and in reports. */
export const STATUS_WORDS: Record<RunStatus, string> = {
  PENDING_VERSION: "Pending version",
  DELAYED: "Delayed",
  QUEUED: "Queued",
  DEQUEUED: "Starting",
  EXECUTING: "Running",
  WAITING: "Waiting",
  COMPLETED: "Completed",
  CANCELED: "Canceled",
  FAILED: "Failed",
  CRASHED: "Crashed",
  SYSTEM_FAILURE: "System failure",
  EXPIRED: "Expired",
  TIMED_OUT: "Timed out",
};

export type Hue = "idle" | "run" | "wait" | "ok" | "bad";

/** What things show that are no runs: steps, waits, leads. */
export type Shown = RunStatus | "PENDING" | "SKIPPED" | "RETRYING" | "PARTIAL";

interface Look {
  hue: Hue;
  word: string;
  shape: ReactNode;
}

const ring = "flex size-3.5 items-center justify-center rounded-full [&>svg]:size-2.5 [&>svg]:stroke-[3]";
const hollow = <span className={cx(ring, "border-[1.5px] border-current")} />;
const spinner = <span className={cx(ring, "spinning border-[1.5px] border-current/30 border-t-current border-r-current")} />;
const inRing = (icon: ReactNode) => <span className={cx(ring, "border-[1.5px] border-current [&>svg]:size-2")}>{icon}</span>;
const solid = (icon: ReactNode) => <span className={cx(ring, "bg-current [&>svg]:text-panel")}>{icon}</span>;
const OCTAGON = "polygon(30% 0,70% 0,100% 30%,100% 70%,70% 100%,30% 100%,0 70%,0 30%)";
const octagon = (icon: ReactNode) => (
  <span className="flex size-3.5 items-center justify-center bg-current [&>svg]:size-2.5 [&>svg]:stroke-[3] [&>svg]:text-panel" style={{ clipPath: OCTAGON }}>
    {icon}
  </span>
);
const bare = (icon: ReactNode) => <span className="flex size-3.5 items-center justify-center [&>svg]:size-3.5">{icon}</span>;

const LOOKS: Record<Shown, Omit<Look, "word"> & { word?: string }> = {
  PENDING: { hue: "idle", shape: hollow, word: "Pending" },
  PENDING_VERSION: { hue: "idle", shape: bare(<Hourglass />) },
  DELAYED: { hue: "idle", shape: bare(<CalendarClock />) },
  QUEUED: { hue: "idle", shape: hollow },
  DEQUEUED: { hue: "run", shape: hollow },
  EXECUTING: { hue: "run", shape: spinner },
  RETRYING: { hue: "run", shape: bare(<RotateCw />), word: "Retrying" },
  WAITING: { hue: "wait", shape: inRing(<span className="flex gap-[1.5px]"><span className="h-1.5 w-[1.5px] bg-current" /><span className="h-1.5 w-[1.5px] bg-current" /></span>) },
  COMPLETED: { hue: "ok", shape: solid(<Check />) },
  PARTIAL: { hue: "wait", shape: bare(<TriangleAlert />), word: "Partial" },
  SKIPPED: { hue: "idle", shape: bare(<CircleDashed />), word: "Skipped" },
  CANCELED: { hue: "idle", shape: bare(<Ban />) },
  FAILED: { hue: "bad", shape: octagon(<X />) },
  CRASHED: { hue: "bad", shape: bare(<Flame />) },
  SYSTEM_FAILURE: { hue: "bad", shape: bare(<TriangleAlert />) },
  EXPIRED: { hue: "idle", shape: bare(<TimerOff />) },
  TIMED_OUT: { hue: "bad", shape: bare(<TimerOff />) },
};

export const HUE_TEXT: Record<Hue, string> = { idle: "text-idle", run: "text-run", wait: "text-wait", ok: "text-ok", bad: "text-bad" };
export const HUE_BAR: Record<Hue, string> = { idle: "bg-bar-idle", run: "bg-bar-run", wait: "bg-bar-wait", ok: "bg-bar-ok", bad: "bg-bar-bad" };

export function lookOf(status: Shown): Look {
  const look = LOOKS[status];
  return { ...look, word: look.word ?? STATUS_WORDS[status as RunStatus] };
}

/** Shape and word of a status: never the colour alone. `iconOnly` keeps the word for screen readers. */
export function Status({ status, iconOnly, word, className }: { status: Shown; iconOnly?: boolean; word?: string; className?: string }) {
  const look = lookOf(status);
  return (
    <span className={cx("inline-flex items-center gap-1.5 align-bottom font-medium whitespace-nowrap", HUE_TEXT[look.hue], className)}>
      <span aria-hidden className="inline-flex shrink-0">
        {look.shape}
      </span>
      <span className={iconOnly ? "sr-only" : undefined}>{word ?? look.word}</span>
    </span>
  );
}
