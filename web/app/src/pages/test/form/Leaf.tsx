import { useId } from "react";
import { cx } from "@/ui/class";
import type { Field } from "../model/shape";
import { summary } from "../model/shape";
import { useForm, useProblem } from "./context";
import { Editor } from "./Editor";
import type { PartProps } from "./PartField";

/** One line of a form: a label, a field, and what is to be known of it. */
export function Leaf({ label, field, path, value, isRequired }: PartProps) {
  const { change, root } = useForm();
  const id = useId();
  const problem = useProblem(path, value);
  const hint = hintOf(field, summary(field.schema, root));
  const isAlone = field.shape.kind === "boolean";
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <div className="flex flex-wrap items-baseline gap-x-2">
        <label htmlFor={id} className="font-medium text-fg-2">
          {label}
        </label>
        <span id={`${id}-hint`} className="text-xs text-fg-3">
          {[!isRequired && "optional", !isAlone && hint].filter(Boolean).join(" · ")}
        </span>
      </div>
      <Editor id={id} field={field} value={value} isRequired={isRequired} describedBy={`${id}-hint ${id}-note`} isWrong={problem !== undefined} onChange={(next) => change(path, next)} />
      <p id={`${id}-note`} className={cx("text-xs", problem ? "text-bad" : "text-fg-3")}>
        {problem ? `${label} ${problem}` : field.description}
      </p>
    </div>
  );
}

function hintOf(field: Field, words: string): string {
  if (field.shape.kind === "choice" || field.shape.kind === "json") return "";
  return words === "text" ? "" : words;
}
