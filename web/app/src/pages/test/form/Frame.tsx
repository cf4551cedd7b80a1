import { Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "@/ui/Button";
import { blank } from "../model/value";
import { useForm, useProblem } from "./context";
import type { PartProps } from "./PartField";

/** What holds other fields: a name, what it is for, and a way to leave it out when that is allowed. */
export function Frame({ label, field, path, value, isRequired, children, note }: PartProps & { children: ReactNode; note?: ReactNode }) {
  const { change, root } = useForm();
  const problem = useProblem(path, value);
  const isAbsent = value === undefined || value === null;
  const leaveOut = isRequired ? null : undefined;
  const mayLeaveOut = !isRequired || field.isNullable;
  const begin = () => change(path, blank({ ...field.schema, default: field.fallback ?? undefined }, root) ?? (field.shape.kind === "list" ? [] : {}));
  return (
    <fieldset className="min-w-0 rounded-card border border-line">
      <legend className="sr-only">{label}</legend>
      <div className="flex min-h-9 flex-wrap items-center gap-x-2 px-3 py-1">
        <span aria-hidden className="font-medium text-fg-2">
          {label}
          {!isRequired && <span className="font-normal text-fg-3"> · optional</span>}
        </span>
        {note}
        <span className="ml-auto">
          {isAbsent ? (
            <Button tone="quiet" icon={<Plus />} aria-label={`Add ${label}`} onClick={begin}>
              Add
            </Button>
          ) : (
            mayLeaveOut && (
              <Button tone="quiet" icon={<X />} aria-label={`Leave out ${label}`} onClick={() => change(path, leaveOut)}>
                Leave out
              </Button>
            )
          )}
        </span>
      </div>
      {field.description && <p className="px-3 pb-1.5 text-xs text-fg-3">{field.description}</p>}
      {problem && (
        <p role="alert" className="px-3 pb-1.5 text-xs text-bad">
          {label} {problem}
        </p>
      )}
      {!isAbsent && <div className="flex flex-col gap-3 border-t border-line p-3">{children}</div>}
    </fieldset>
  );
}
