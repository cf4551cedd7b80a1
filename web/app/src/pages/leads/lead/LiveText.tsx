import { useRunStream } from "@runcast/react-hooks";
import { useEffect, useRef } from "react";

/** A text as it is written: pieces are appended, the page follows while its reader is at the end. */
export function LiveText({ runId, stream }: { runId: string; stream: string }) {
  const { parts, isDone } = useRunStream<string>(runId, stream);
  const box = useRef<HTMLDivElement>(null);
  const text = useRef<HTMLSpanElement>(null);
  const shown = useRef(0);
  useEffect(() => {
    const place = box.current;
    const line = text.current;
    if (!place || !line) return;
    const isAtEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 24;
    if (parts.length < shown.current) {
      line.textContent = "";
      shown.current = 0;
    }
    for (const part of parts.slice(shown.current)) line.append(typeof part === "string" ? part : JSON.stringify(part));
    shown.current = parts.length;
    if (isAtEnd) place.scrollTop = place.scrollHeight;
  }, [parts]);
  return (
    <div ref={box} tabIndex={0} aria-label="The text as it is written" className="max-h-72 overflow-auto rounded-card border border-line bg-sunken p-3 break-words whitespace-pre-wrap">
      <span ref={text} />
      {!isDone && <span aria-hidden className="caret ml-0.5 inline-block h-4 w-2 translate-y-0.5 bg-run" />}
    </div>
  );
}
