import { Columns3 } from "lucide-react";
import { Choices } from "./Choices";
import { COLUMNS } from "./columns";

/** Which columns the list has. */
export function ColumnChoices({ keys, onChoose }: { keys: readonly string[]; onChoose: (keys: readonly string[] | undefined) => void }) {
  const toggle = (key: string) => {
    const next = keys.includes(key) ? keys.filter((one) => one !== key) : [...keys, key];
    if (next.length > 0) onChoose(COLUMNS.map((column) => column.key).filter((one) => next.includes(one)));
  };
  return (
    <span className="max-sm:hidden">
      <Choices
        label={
          <>
            <Columns3 aria-hidden className="size-3.5" /> Columns
          </>
        }
        isMany
        choices={COLUMNS.map((column) => ({ value: column.key, label: column.label, isOn: keys.includes(column.key) }))}
        onChoose={toggle}
        footer={
          <button type="button" onClick={() => onChoose(undefined)} className="mt-1 w-full rounded-control border-t border-line px-2 py-1.5 text-left text-fg-2 hover:bg-hover">
            As they come
          </button>
        }
      />
    </span>
  );
}
