import { ExternalLink } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "./Button";
import { cx } from "./class";

const WIDTHS = { phone: 390, tablet: 768, full: undefined } as const;
export type FrameWidth = keyof typeof WIDTHS;

/** The policy of the page holds in the frame, too. This one is narrower: nothing is loaded, not even from here. */
const POLICY = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:">`;

/** A document of a stranger: it runs no script, belongs to no origin, and loads nothing from outside. Wider than there is room,
 * it is shown smaller. `href`: where it is alone, in a tab of its own. */
export function HtmlFrame({ html, title, className, height = 480, widths = true, href }: { html: string; title: string; className?: string; height?: number; widths?: boolean; href?: string }) {
  const [width, setWidth] = useState<FrameWidth>("full");
  const [room, setRoom] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!box.current) return;
    const observer = new ResizeObserver(([entry]) => entry && setRoom(entry.contentRect.width));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  const wanted = WIDTHS[width] ?? room;
  const scale = wanted > room && room > 0 ? room / wanted : 1;
  const frame = { width: wanted === 0 ? "100%" : wanted, height: height / scale, transform: scale < 1 ? `scale(${scale})` : undefined };
  return (
    <div className={cx("flex flex-col gap-2", className)}>
      {(widths || href) && (
        <div className="flex items-center gap-2">
          {widths && (
            <div role="group" aria-label="Width" className="flex self-start overflow-hidden max-sm:hidden rounded-control border border-line-strong text-xs">
              {(Object.keys(WIDTHS) as FrameWidth[]).map((name) => (
                <button key={name} type="button" aria-pressed={width === name} onClick={() => setWidth(name)} className={cx("px-2 py-0.5 max-sm:py-2", width === name ? "bg-active font-medium text-fg" : "text-fg-2 hover:bg-hover")}>
                  {WIDTHS[name] ?? "Full"}
                </button>
              ))}
            </div>
          )}
          {href && (
            <Button tone="quiet" className="ml-auto" icon={<ExternalLink />} onClick={() => void window.open(href, "_blank", "noopener")}>
              Open in new tab
            </Button>
          )}
        </div>
      )}
      <div ref={box} className="overflow-hidden rounded-card border border-line bg-white" style={{ height }}>
        <iframe title={title} sandbox="" referrerPolicy="no-referrer" srcDoc={POLICY + html} loading="lazy" className="mx-auto block max-w-none origin-top-left bg-white" style={frame} />
      </div>
    </div>
  );
}
