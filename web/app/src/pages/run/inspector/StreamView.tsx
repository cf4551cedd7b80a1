import { useRunStream } from "@runcast/react-hooks";
import { lazy, Suspense, useEffect, useEffectEvent, useRef, useState } from "react";
import { loadPart } from "@/data/parts";
import { Button } from "@/ui/Button";
import { CopyButton } from "@/ui/Code";
import { cx } from "@/ui/class";
import { Heading } from "./Heading";
import { appended, looksLikeMarkdown, Pace } from "./streamText";

const Markdown = lazy(() => loadPart(() => import("@/ui/Markdown")));

/** A stream as it is written: tokens go into a text node, past React; laid out on request, or when it looks meant to be. */
export function StreamView({ runId, name, isRunning, className }: { runId: string; name: string; isRunning: boolean; className?: string }) {
  const { parts, isDone, error } = useRunStream(runId, name);
  const [chosen, choose] = useState<"text" | "laid out">();
  const [text, setText] = useState("");
  const whole = useRef("");
  const count = useRef(0);
  const node = useRef<HTMLSpanElement>(null);
  const pace = useRef(new Pace());
  const [rate, setRate] = useState(0);
  const isLive = isRunning && !isDone;
  useEffect(() => {
    const begins = parts.length < count.current;
    const { isReset, text: more } = appended(parts, begins ? 0 : count.current);
    whole.current = begins || isReset ? more : whole.current + more;
    if (begins || isReset) node.current?.replaceChildren(whole.current);
    else if (more) node.current?.append(more);
    count.current = parts.length;
    setRate(pace.current.note(parts.length, performance.now()));
  }, [parts]);
  // What is laid out is laid out anew ten times a second at most.
  useEffect(() => {
    const timer = setTimeout(() => setText(whole.current), 100);
    return () => clearTimeout(timer);
  }, [parts.length]);
  useThrottled(parts.length, () => setText(whole.current));
  const isLaidOut = (chosen ?? (looksLikeMarkdown(text) ? "laid out" : "text")) === "laid out";
  return (
    <section aria-label={`Stream ${name}`} className={cx("flex flex-col gap-1.5", className)}>
      <Heading
        actions={
          <>
            {isLive && rate > 0 && <span className="text-2xs text-fg-3">{rate.toFixed(rate < 10 ? 1 : 0)} parts/s</span>}
            <Button tone="quiet" className="h-6 text-xs" aria-pressed={isLaidOut} onClick={() => choose(isLaidOut ? "text" : "laid out")}>
              {isLaidOut ? "Show text" : "Show as markdown"}
            </Button>
            <CopyButton text={text} label="Copy stream" className="size-6" />
          </>
        }
      >
        Stream · {name}
      </Heading>
      <div tabIndex={0} className="max-h-96 overflow-auto rounded-card border border-line bg-sunken p-3 leading-6">
        <div className={cx("break-words whitespace-pre-wrap", isLaidOut && "hidden")}>
          <span ref={node} />
          {isLive && <span aria-hidden className="caret ml-0.5 inline-block h-4 w-2 translate-y-0.5 bg-run" />}
        </div>
        {isLaidOut && (
          <Suspense fallback={<p className="whitespace-pre-wrap">{text}</p>}>
            <Markdown text={text} {...(isLive ? { className: "writing" } : {})} />
          </Suspense>
        )}
        {parts.length === 0 && !isLive && <p className="text-fg-3">Nothing was written.</p>}
        {error && (
          <p role="alert" className="text-bad">
            {error.message}
          </p>
        )}
      </div>
    </section>
  );
}

const EVERY_MS = 100;

/** Does something again and again while a number changes, with a pause between. */
function useThrottled(value: number, act: () => void): void {
  const last = useRef(0);
  const newest = useEffectEvent(act);
  useEffect(() => {
    const now = performance.now();
    if (now - last.current < EVERY_MS) return;
    last.current = now;
    newest();
  }, [value]);
}
