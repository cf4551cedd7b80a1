import { useNavigate } from "@tanstack/react-router";
import { Bookmark, Columns3 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Input } from "@/ui/Field";
import { Menu } from "@/ui/Menu";
import { said } from "@/ui/toast";
import { Choices } from "./Choices";
import { COLUMNS } from "./columns";
import type { RunsSearch } from "./search";
import { isFiltered } from "./search";
import { useViews } from "./stored";

/** Filters under a name, kept in this browser. */
export function Views({ search, onSearch }: { search: RunsSearch; onSearch: (search: RunsSearch) => void }) {
  const { views, save, forget } = useViews();
  const navigate = useNavigate();
  const [isNaming, setNaming] = useState(false);
  return (
    <>
      <Menu
        trigger={<Button tone="quiet" icon={<Bookmark />}>Views</Button>}
        items={[
          ...views.map((view) => ({ label: view.name, hint: Object.values(view.search).join(" · ").slice(0, 60), onSelect: () => onSearch(view.search) })),
          views.length > 0 && null,
          { label: "Save these filters…", isDisabled: !isFiltered(search), hint: isFiltered(search) ? "Under a name, in this browser" : "Choose filters first", onSelect: () => setNaming(true) },
          null,
          { label: "Bulk actions", hint: "What was done to many runs at once", onSelect: () => void navigate({ to: "/bulk" }) },
          ...views.map((view) => ({ label: `Forget “${view.name}”`, onSelect: () => forget(view.name) })),
        ]}
      />
      <Dialog isOpen={isNaming} onClose={() => setNaming(false)} title="Save these filters as a view">
        <form
          className="flex flex-col gap-3 pb-3"
          onSubmit={(event) => {
            event.preventDefault();
            const name = new FormData(event.currentTarget).get("name");
            if (typeof name !== "string" || !name.trim()) return;
            save(name.trim().slice(0, 80), search);
            said(`Saved the view “${name.trim()}”`);
            setNaming(false);
          }}
        >
          <Field label="Name" hint="It is kept in this browser. To share it, share the address of the page.">
            {(field) => <Input {...field} name="name" autoFocus autoComplete="off" maxLength={80} />}
          </Field>
          <Button type="submit" tone="primary" className="self-end">
            Save view
          </Button>
        </form>
      </Dialog>
    </>
  );
}

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
