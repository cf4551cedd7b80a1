import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { Button } from "./Button";
import { cx } from "./class";
import { toClipboard } from "./clipboard";
import { attempt } from "./toast";

const COPIED_MS = 1_500;

/** Puts a text on the clipboard, and says for a moment that it did. */
export function useCopy(text: string | (() => string)): { isCopied: boolean; copy: () => Promise<void> } {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    const done = await attempt("Could not copy", async () => toClipboard(typeof text === "string" ? text : text()).then(() => true));
    if (!done) return;
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  };
  return { isCopied, copy };
}

/** A button that copies a text, or what makes one when it is wanted. */
export function CopyButton({ text, label = "Copy", className }: { text: string | (() => string); label?: string; className?: string }) {
  const { isCopied, copy } = useCopy(text);
  return (
    <Button tone="quiet" aria-label={isCopied ? "Copied" : label} title={label} icon={isCopied ? <Check /> : <Copy />} onClick={() => void copy()} {...(className ? { className } : {})} />
  );
}

/** A text in the fixed-width face, with a button that copies it. */
export function Code({ text, className, wrap = true }: { text: string; className?: string; wrap?: boolean }) {
  return (
    <div className={cx("group relative rounded-card border border-line bg-sunken", className)}>
      <pre tabIndex={0} className={cx("max-h-96 overflow-auto p-3 pr-10 font-mono text-xs", wrap ? "break-words whitespace-pre-wrap" : "whitespace-pre")}>{text}</pre>
      <CopyButton text={text} className="absolute top-1 right-1" />
    </div>
  );
}

/** An id that is clicked to be copied. */
export function Id({ id, className }: { id: string; className?: string }) {
  return (
    <span className={cx("inline-flex max-w-full items-center gap-0.5 font-mono text-xs text-fg-2", className)}>
      <span className="min-w-0 truncate">{id}</span>
      <CopyButton text={id} label="Copy id" className="size-5" />
    </span>
  );
}
