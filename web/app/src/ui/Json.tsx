import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { shownJson } from "@/format/json";
import { CopyButton } from "./Code";
import { cx } from "./class";

const SHOWN = 100;
const OPEN_DEPTH = 2;

/** A JSON value as a tree that opens and closes. Large parts are shown in pieces. */
export function Json({ value, className }: { value: unknown; className?: string }) {
  return (
    <div className={cx("relative overflow-x-auto rounded-card border border-line bg-sunken p-3 pr-10 font-mono text-xs", className)} tabIndex={0}>
      <Node value={value} depth={0} />
      <CopyButton text={() => shownJson(value)} label="Copy JSON" className="absolute top-1 right-1" />
    </div>
  );
}

function Node({ name, value, depth }: { name?: string; value: unknown; depth: number }) {
  const [isOpen, setOpen] = useState(depth < OPEN_DEPTH);
  const [limit, setLimit] = useState(SHOWN);
  const label = name === undefined ? null : <span className="text-fg-2">{name}: </span>;
  if (value === null || typeof value !== "object")
    return (
      <div className="pl-4 break-words whitespace-pre-wrap">
        {label}
        <Leaf value={value} />
      </div>
    );
  const entries = Object.entries(value);
  const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0)
    return (
      <div className="pl-4">
        {label}
        {open + close}
      </div>
    );
  return (
    <div>
      <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)} className="inline-flex items-center rounded text-left hover:bg-hover">
        <ChevronRight aria-hidden className={cx("size-4 text-fg-3 transition-transform", isOpen && "rotate-90")} />
        {label}
        <span className="text-fg-3">
          {open}
          {!isOpen && ` ${entries.length} ${close}`}
        </span>
      </button>
      {isOpen && (
        <div className="ml-2 border-l border-line pl-2">
          {entries.slice(0, limit).map(([key, inner]) => (
            <Node key={key} name={key} value={inner} depth={depth + 1} />
          ))}
          {entries.length > limit && (
            <button type="button" className="pl-4 text-accent hover:underline" onClick={() => setLimit(limit * 10)}>
              {entries.length - limit} more
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function Leaf({ value }: { value: unknown }) {
  if (typeof value === "string") return <span className="text-ok">{JSON.stringify(value)}</span>;
  if (typeof value === "number" || typeof value === "bigint") return <span className="text-run">{String(value)}</span>;
  return <span className="text-wait">{String(value)}</span>;
}
