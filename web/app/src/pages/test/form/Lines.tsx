import { TextArea } from "@/ui/Field";
import { pathText } from "../model/check";
import type { Path } from "../model/schema";
import { useForm } from "./context";

/** Texts, one a line: pasted from anywhere. */
export function Lines({ label, path, items }: { label: string; path: Path; items: readonly string[] }) {
  const { change, problems } = useForm();
  const inside = problems.filter((one) => one.path.length > path.length && path.every((part, index) => one.path[index] === part));
  const text = items.join("\n");
  return (
    <div>
      <TextArea
        aria-label={`${label}, one a line`}
        aria-invalid={inside.length > 0 || undefined}
        rows={Math.min(12, Math.max(3, items.length + 1))}
        placeholder="One a line"
        value={text}
        onChange={(event) => change(path, event.target.value === "" ? [] : event.target.value.split(/\r?\n/))}
        className="font-mono text-xs"
      />
      {inside.slice(0, 3).map((one) => (
        <p key={pathText(one.path)} className="text-xs text-bad">
          Line {Number(one.path[path.length]) + 1} {one.message}
        </p>
      ))}
    </div>
  );
}
