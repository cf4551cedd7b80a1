import { useNavigate } from "@tanstack/react-router";
import { Bookmark } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/data/may";
import type { SavedView } from "@/data/views";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Input } from "@/ui/Field";
import { Menu } from "@/ui/Menu";
import type { RunsSearch } from "./search";
import { isFiltered } from "./search";
import type { Views } from "./useViews";

const NAME_CHARS_MAX = 80;

/** What can be done with saved views. */
export function ViewsMenu({ views, search }: { views: Views; search: RunsSearch }) {
  const navigate = useNavigate();
  const mayWrite = useMay("operator");
  /** The view that gets another name; `new`: these filters get one. */
  const [named, setNamed] = useState<SavedView | "new">();
  const { current, left } = views;
  const canSave = mayWrite && isFiltered(search) && !current;
  const whyNot = !mayWrite ? "Viewers look at what others saved" : current ? `They are “${current.name}”` : "Choose filters first";
  return (
    <>
      {canSave && (
        <Button tone="quiet" shortcut="v" className="max-sm:hidden" onClick={() => setNamed("new")}>
          Save view
        </Button>
      )}
      <Menu
        trigger={
          <Button tone="quiet" icon={<Bookmark />}>
            Views
          </Button>
        }
        items={[
          { label: "Save these filters…", ...(canSave ? { shortcut: "v" } : { isDisabled: true }), hint: canSave ? "Under a name, for everybody here" : whyNot, onSelect: () => setNamed("new") },
          mayWrite && !!left && { label: `Change “${left.name}” to these filters`, onSelect: () => void views.overwrite(left) },
          mayWrite && !!current && { label: `Rename “${current.name}”…`, onSelect: () => setNamed(current) },
          mayWrite && !!current && { label: `Delete “${current.name}”`, isDanger: true, onSelect: () => views.remove(current) },
          null,
          { label: "Bulk actions", hint: "What was done to many runs at once", onSelect: () => void navigate({ to: "/bulk" }) },
        ]}
      />
      <Naming named={named} onClose={() => setNamed(undefined)} onName={(name) => (named === "new" ? views.save(name) : named ? views.rename(named, name) : Promise.resolve(false))} />
    </>
  );
}

function Naming({ named, onClose, onName }: { named: SavedView | "new" | undefined; onClose: () => void; onName: (name: string) => Promise<boolean> }) {
  const [isBusy, setBusy] = useState(false);
  const isNew = named === "new";
  return (
    <Dialog isOpen={named !== undefined} onClose={onClose} title={isNew ? "Save these filters as a view" : "Rename the view"}>
      <form
        className="flex flex-col gap-3 pb-3"
        onSubmit={async (event) => {
          event.preventDefault();
          const name = new FormData(event.currentTarget).get("name");
          if (typeof name !== "string" || !name.trim()) return;
          setBusy(true);
          const isDone = await onName(name.trim());
          setBusy(false);
          if (isDone) onClose();
        }}
      >
        <Field label="Name" hint="Everybody in this environment sees it.">
          {(field) => <Input {...field} name="name" autoFocus autoComplete="off" maxLength={NAME_CHARS_MAX} defaultValue={typeof named === "object" ? named.name : ""} />}
        </Field>
        <Button type="submit" tone="primary" isBusy={isBusy} className="self-end">
          {isNew ? "Save view" : "Rename view"}
        </Button>
      </form>
    </Dialog>
  );
}
