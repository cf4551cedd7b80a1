import { useState } from "react";
import { cx } from "./class";

const WIDTHS = { phone: 390, tablet: 768, full: undefined } as const;
export type FrameWidth = keyof typeof WIDTHS;

/** A document of a stranger: it runs no script, belongs to no origin, and loads nothing from outside. */
export function HtmlFrame({ html, title, className, height = 480, widths = true }: { html: string; title: string; className?: string; height?: number; widths?: boolean }) {
  const [width, setWidth] = useState<FrameWidth>("full");
  return (
    <div className={cx("flex flex-col gap-2", className)}>
      {widths && (
        <div role="group" aria-label="Width" className="flex self-start overflow-hidden rounded-control border border-line-strong text-xs">
          {(Object.keys(WIDTHS) as FrameWidth[]).map((name) => (
            <button key={name} type="button" aria-pressed={width === name} onClick={() => setWidth(name)} className={cx("px-2 py-0.5", width === name ? "bg-active font-medium text-fg" : "text-fg-2 hover:bg-hover")}>
              {WIDTHS[name] ?? "Full"}
            </button>
          ))}
        </div>
      )}
      <div className="overflow-auto rounded-card border border-line bg-white">
        <iframe title={title} sandbox="" srcDoc={html} loading="lazy" className="block max-w-none bg-white" style={{ width: WIDTHS[width] ?? "100%", height }} />
      </div>
    </div>
  );
}
