import DOMPurify from "dompurify";
import { Marked } from "marked";
import { useMemo } from "react";
import { cx } from "./class";

const STYLE =
  "[&_a]:text-accent [&_a]:underline [&_blockquote]:border-l-2 [&_blockquote]:border-line-strong [&_blockquote]:pl-3 [&_code]:rounded [&_code]:bg-hover [&_code]:px-1 [&_code]:font-mono [&_code]:text-xs [&_h1]:mt-4 [&_h1]:mb-1 [&_h1]:text-lg [&_h1]:font-semibold [&_h2]:mt-4 [&_h2]:mb-1 [&_h2]:text-base [&_h2]:font-semibold [&_h3]:mt-3 [&_h3]:font-semibold [&_hr]:my-3 [&_hr]:border-line [&_li]:my-0.5 [&_ol]:list-decimal [&_ol]:pl-5 [&_p]:my-2 [&_pre]:overflow-auto [&_pre]:rounded-card [&_pre]:bg-sunken [&_pre]:p-3 [&_table]:w-full [&_td]:border [&_td]:border-line [&_td]:px-2 [&_th]:border [&_th]:border-line [&_th]:px-2 [&_ul]:list-disc [&_ul]:pl-5 [&>:first-child]:mt-0 [&>:last-child]:mb-0";

const BREAK = /^<br\s*\/?>$/i;
const escaped = (text: string) => text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
/** HTML within it is shown as what it is: text. */
const marked = new Marked({ gfm: true, renderer: { html: ({ text }) => (BREAK.test(text.trim()) ? "<br>" : escaped(text)) } });

/** A page takes seconds to lay out more, and people read less. */
const LAID_OUT_CHARS_MAX = 100_000;

/** Undefined: it is too long, or nested too deeply. */
function laidOut(text: string): string | undefined {
  if (text.length > LAID_OUT_CHARS_MAX) return undefined;
  try {
    return safe(text);
  } catch {
    return undefined;
  }
}

/** Nothing of it runs, and nothing is loaded from elsewhere: links only, which open beside this page. */
function safe(text: string): string {
  const html = marked.parse(text, { async: false });
  const fragment = DOMPurify.sanitize(html, {
    USE_PROFILES: { html: true },
    FORBID_TAGS: ["style", "form", "input", "button", "textarea", "select", "img", "picture", "video", "audio", "svg", "math"],
    FORBID_ATTR: ["style", "class", "id", "name"],
    RETURN_DOM_FRAGMENT: true,
  });
  for (const link of fragment.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
  }
  const holder = document.createElement("div");
  holder.append(fragment);
  return holder.innerHTML;
}

/** Markdown of a stranger, as text with structure; as plain text where it has too much of either. */
export default function Markdown({ text, className }: { text: string; className?: string }) {
  const html = useMemo(() => laidOut(text), [text]);
  if (html === undefined) return <div className={cx("break-words whitespace-pre-wrap", className)}>{text}</div>;
  return <div className={cx("break-words", STYLE, className)} dangerouslySetInnerHTML={{ __html: html }} />;
}
