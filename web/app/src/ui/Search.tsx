import { Search as Glass, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { cx } from "./class";
import { FIELD } from "./Field";
import { Kbd } from "./Kbd";
import { useShortcuts } from "./shortcuts";

const PAUSE_MS = 150;

/** A field that narrows what a page lists, a moment after one types. `/` goes there. */
export function Search({ value, label, onChange, className }: { value: string; label: string; onChange: (text: string) => void; className?: string }) {
  const [text, setText] = useState(value);
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  /** What the page was told last: its answer is no reason to take back what was typed since. */
  const told = useRef(value);
  useEffect(() => {
    if (value !== told.current) setText(value);
    told.current = value;
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const say = (next: string, pause = PAUSE_MS) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      told.current = next.trim();
      onChange(told.current);
    }, pause);
  };
  useShortcuts([{ keys: "/", label, group: "Lists", run: () => field.current?.focus() }]);
  return (
    <span className={cx("relative flex min-w-40 items-center max-sm:w-full sm:w-64", className)}>
      <Glass aria-hidden className="pointer-events-none absolute left-2 size-3.5 text-fg-3" />
      <input
        ref={field}
        type="text"
        aria-label={label}
        placeholder={`${label}…`}
        value={text}
        onChange={(event) => say(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          if (text) say("", 0);
          else field.current?.blur();
        }}
        className={cx(FIELD, "w-full pr-7 pl-7")}
      />
      {text ? (
        <button type="button" aria-label="Clear" onClick={() => say("", 0)} className="absolute right-1.5 rounded p-0.5 text-fg-3 hover:text-fg">
          <X aria-hidden className="size-3.5" />
        </button>
      ) : (
        <Kbd keys="/" className="absolute right-2" />
      )}
    </span>
  );
}
