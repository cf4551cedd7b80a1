import type { ComponentProps, ReactNode } from "react";
import { useId } from "react";
import { cx } from "./class";

export const FIELD =
  "h-7 min-w-0 rounded-control border border-line-strong bg-sunken px-2 text-fg outline-offset-0 max-sm:h-9 disabled:opacity-50 aria-invalid:border-bad";

/** A labelled field, with a hint or what is wrong with it. */
export function Field({ label, hint, error, children, className }: { label: ReactNode; hint?: ReactNode; error?: ReactNode; children: (props: { id: string; "aria-describedby": string | undefined; "aria-invalid": true | undefined }) => ReactNode; className?: string }) {
  const id = useId();
  const note = error ?? hint;
  return (
    <div className={cx("flex flex-col gap-1", className)}>
      <label htmlFor={id} className="font-medium text-fg-2">
        {label}
      </label>
      {children({ id, "aria-describedby": note ? `${id}-note` : undefined, "aria-invalid": error ? true : undefined })}
      {note && (
        <p id={`${id}-note`} aria-live="polite" className={cx("text-xs", error ? "text-bad" : "text-fg-3")}>
          {note}
        </p>
      )}
    </div>
  );
}

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cx(FIELD, "w-full", className)} {...rest} />;
}

export function TextArea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={cx(FIELD, "h-auto w-full py-1.5", className)} {...rest} />;
}

export function Select({ className, children, ...rest }: ComponentProps<"select">) {
  return (
    <select className={cx(FIELD, "chevron appearance-none truncate pr-7", className)} {...rest}>
      {children}
    </select>
  );
}

export function Checkbox({ label, className, ...rest }: Omit<ComponentProps<"input">, "type"> & { label: ReactNode }) {
  return (
    <label className={cx("inline-flex items-center gap-2", className)}>
      <input type="checkbox" className="size-4 accent-(--accent)" {...rest} />
      {label}
    </label>
  );
}
