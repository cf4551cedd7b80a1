import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { queueNamesQuery } from "@/data/tasks";
import { plural } from "@/format/number";
import { Checkbox, Field, Input } from "@/ui/Field";
import type { OptionTexts } from "./options";
import { countOptions, optionProblems } from "./options";

type Name = Exclude<keyof OptionTexts, "isTest">;

const FIELDS: readonly { name: Name; label: string; placeholder?: string; hint?: string }[] = [
  { name: "tags", label: "Tags", placeholder: "acme, vip", hint: "With commas between" },
  { name: "delay", label: "Delay", placeholder: "5m, or 2026-01-31T09:00:00Z", hint: "It starts that much later, or then" },
  { name: "ttl", label: "Time to live", placeholder: "1h", hint: "It expires unless it has started by then" },
  { name: "queue", label: "Queue", placeholder: "The task's own" },
  { name: "concurrencyKey", label: "Concurrency key", placeholder: "customer-7" },
  { name: "priority", label: "Priority", placeholder: "0", hint: "Seconds of head start in the queue" },
  { name: "idempotencyKey", label: "Idempotency key", hint: "The same key again is the same run" },
  { name: "maxAttempts", label: "Attempts at most" },
  { name: "maxDuration", label: "Duration at most", placeholder: "60", hint: "Seconds of executing" },
  { name: "machine", label: "Machine", placeholder: "Any" },
];

/** How the run is to be run. Whatever is empty is as the task declares it. */
export function OptionFields({ texts, onChange }: { texts: OptionTexts; onChange: (texts: OptionTexts) => void }) {
  const { data: queues = [] } = useQuery(queueNamesQuery);
  const problems = optionProblems(texts);
  const set = countOptions(texts);
  return (
    <div className="flex flex-col gap-3 p-4">
      <Checkbox label="Mark the run as a test" checked={texts.isTest} onChange={(event) => onChange({ ...texts, isTest: event.target.checked })} />
      <details className="group">
        <summary className="flex w-fit list-none items-center gap-1 rounded font-medium text-fg-2 hover:text-fg">
          <ChevronRight aria-hidden className="size-3.5 transition-transform group-open:rotate-90" />
          Options {set > 0 && <span className="font-normal text-fg-3">· {plural(set, "set", "set")}</span>}
        </summary>
        <div className="mt-3 flex flex-col gap-3">
          {FIELDS.map(({ name, label, placeholder, hint }) => (
            <Field key={name} label={label} hint={hint} error={problems[name]}>
              {(props) => <Input {...props} value={texts[name]} placeholder={placeholder} list={name === "queue" ? "queues" : undefined} onChange={(event) => onChange({ ...texts, [name]: event.target.value })} />}
            </Field>
          ))}
          <datalist id="queues">
            {queues.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </div>
      </details>
    </div>
  );
}
