import { cx } from "@/ui/class";
import { TextArea } from "@/ui/Field";
import type { Draft } from "./draft";
import { jsonProblem, textOf, typed } from "./draft";
import { FormProvider } from "./form/context";
import { PartField } from "./form/PartField";
import type { Problem } from "./model/check";
import type { Schema } from "./model/schema";
import { fieldOf } from "./model/shape";
import { withPart } from "./model/value";

export type Mode = "form" | "json";

/** The payload, as a form or as JSON: the same value. */
export function PayloadEditor({ schema, draft, mode, problems, isTried, onChange }: { schema: Schema; draft: Draft; mode: Mode; problems: readonly Problem[]; isTried: boolean; onChange: (draft: Draft) => void }) {
  if (mode === "json") return <JsonEditor draft={draft} onChange={onChange} />;
  const { shape } = fieldOf(schema, schema);
  if (shape.kind === "object" && shape.parts.length === 0 && !shape.rest) return <p className="text-fg-2">This task takes nothing.</p>;
  const change = (path: Parameters<typeof withPart>[1], value: unknown) => onChange({ value: withPart(draft.value, path, value), text: undefined });
  return (
    <FormProvider value={{ root: schema, problems, isTried, change }}>
      <PartField name="payload" label="Payload" schema={schema} path={[]} value={draft.value} isRequired />
    </FormProvider>
  );
}

const ROWS_MIN = 12;
const ROWS_MAX = 30;

function JsonEditor({ draft, onChange }: { draft: Draft; onChange: (draft: Draft) => void }) {
  const text = textOf(draft);
  const problem = jsonProblem(draft);
  return (
    <div className="flex flex-col gap-1">
      <TextArea
        aria-label="Payload as JSON"
        aria-invalid={problem ? true : undefined}
        aria-describedby="json-problem"
        rows={Math.min(ROWS_MAX, Math.max(ROWS_MIN, text.split("\n").length + 1))}
        spellCheck={false}
        value={text}
        onChange={(event) => onChange(typed(draft, event.target.value))}
        className="font-mono text-xs leading-5"
      />
      <p id="json-problem" aria-live="polite" className={cx("min-h-4 text-xs", problem ? "text-bad" : "text-fg-3")}>
        {problem}
      </p>
    </div>
  );
}
