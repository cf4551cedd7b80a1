import { cx } from "./class";

/** A key, as it is printed on the keyboard. */
export function Kbd({ keys, className }: { keys: string; className?: string }) {
  return (
    <kbd
      aria-hidden
      className={cx(
        "inline-flex h-4 min-w-4 items-center justify-center rounded border border-current/30 px-1 font-mono text-[10px] leading-none max-sm:hidden",
        className,
      )}
    >
      {keys}
    </kbd>
  );
}
