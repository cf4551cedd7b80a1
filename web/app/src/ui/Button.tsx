import type { ComponentProps, ReactNode } from "react";
import { cx } from "./class";
import { Kbd } from "./Kbd";
import { printed, useShortcuts } from "./shortcuts";

export type Tone = "plain" | "primary" | "danger" | "quiet";

const TONES: Record<Tone, string> = {
  plain: "border border-line-strong bg-panel text-fg hover:bg-hover",
  primary: "border border-accent bg-accent text-accent-fg hover:brightness-110",
  danger: "border border-line-strong bg-panel text-bad hover:bg-hover",
  quiet: "border border-transparent text-fg-2 hover:bg-hover hover:text-fg",
};

export interface ButtonProps extends Omit<ComponentProps<"button">, "children"> {
  tone?: Tone;
  icon?: ReactNode;
  /** Without one it is an icon alone: give it an `aria-label`. */
  children?: ReactNode;
  /** The key that does the same. */
  shortcut?: string;
  isBusy?: boolean;
}

/** One primary a page. */
export function Button({ tone = "plain", icon, children, shortcut, isBusy, className, disabled, type = "button", ...rest }: ButtonProps) {
  const off = disabled || isBusy;
  return (
    <button
      type={type}
      disabled={off}
      aria-busy={isBusy || undefined}
      className={cx(
        "inline-flex h-7 shrink-0 items-center gap-1.5 rounded-control px-2.5 font-medium whitespace-nowrap transition-colors duration-100 disabled:opacity-50 max-sm:h-9 max-sm:px-3 [&_svg]:size-3.5 [&_svg]:shrink-0",
        children === undefined && "w-7 justify-center px-0 max-sm:w-9",
        TONES[tone],
        className,
      )}
      {...rest}
    >
      {isBusy ? <span className="spinning size-3 rounded-full border-2 border-current border-t-transparent" /> : icon}
      {children}
      {shortcut && <ButtonKey keys={shortcut} label={String(rest["aria-label"] ?? textOf(children))} onPress={off ? undefined : rest.onClick} />}
    </button>
  );
}

function ButtonKey({ keys, label, onPress }: { keys: string; label: string; onPress: ButtonProps["onClick"] }) {
  useShortcuts(onPress ? [{ keys, label, run: (event) => onPress(event as never) }] : []);
  return <Kbd keys={printed(keys)} />;
}

function textOf(children: ReactNode): string {
  if (typeof children === "string") return children;
  return Array.isArray(children) ? children.filter((one) => typeof one === "string").join("") : "";
}
