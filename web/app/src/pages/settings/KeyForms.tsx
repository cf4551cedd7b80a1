import { useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useState } from "react";
import { meQuery, projectsQuery } from "@/data/me";
import type { Key, Role } from "@/data/settings";
import { createKey, rotateKey } from "@/data/settings";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { Dialog } from "@/ui/Dialog";
import { Field, Input, Select } from "@/ui/Field";
import { RoleField } from "./RoleField";
import { useSaving } from "./useSaving";

const ROLES: readonly Role[] = ["viewer", "operator", "worker", "admin"];
const LIFETIMES = [
  ["", "Never ends"],
  ["7d", "In a week"],
  ["30d", "In 30 days"],
  ["90d", "In 90 days"],
  ["365d", "In a year"],
] as const;
const OVERLAPS = [
  ["0s", "At once"],
  ["1h", "In an hour"],
  ["1d", "In a day"],
  ["7d", "In a week"],
] as const;

/** A key is told once. */
function Told({ secret }: { secret: string }) {
  return (
    <div className="flex flex-col gap-2 py-2">
      <p className="text-fg-2">Copy it now: it is not shown again.</p>
      <Code text={secret} />
    </div>
  );
}

/** Make a key, and show it once. */
export function CreateKey({ onClose }: { onClose: () => void }) {
  const { data: me } = useQuery(meQuery);
  const { data: projects = [] } = useQuery(projectsQuery);
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("operator");
  const [environment, setEnvironment] = useState("");
  const [lifetime, setLifetime] = useState("");
  const [made, setMade] = useState<Key>();
  const { isBusy, error, save } = useSaving(["keys"]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setMade(await save(() => createKey({ name, role, ...(environment ? { environment } : {}), ...(lifetime ? { expiresIn: lifetime } : {}) })));
  };
  if (made?.key)
    return (
      <Dialog isOpen onClose={onClose} title={`${made.name} is made`} footer={<Button tone="primary" onClick={onClose}>Done</Button>}>
        <Told secret={made.key} />
      </Dialog>
    );
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Create key"
      footer={
        <Button tone="primary" type="submit" form="key" isBusy={isBusy}>
          Create key
        </Button>
      }
    >
      <form id="key" onSubmit={(event) => void submit(event)} className="flex flex-col gap-3 py-2">
        <Field label="Name" hint="Who or what has it: shop, worker-eu, ci." error={error}>
          {(props) => <Input {...props} required autoFocus value={name} onChange={(event) => setName(event.target.value)} />}
        </Field>
        <RoleField role={role} roles={ROLES} onChange={setRole} />
        <Field label="Environment" hint="A key sees and does everything in this one, and nothing elsewhere.">
          {(props) => (
            <Select {...props} value={environment || me?.environment} onChange={(event) => setEnvironment(event.target.value)}>
              {(me?.everywhere ? projects.flatMap((project) => project.environments.map((one) => one.id)) : [me?.environment ?? ""]).map((one) => <option key={one}>{one}</option>)}
            </Select>
          )}
        </Field>
        <Field label="Ends">
          {(props) => (
            <Select {...props} value={lifetime} onChange={(event) => setLifetime(event.target.value)}>
              {LIFETIMES.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
            </Select>
          )}
        </Field>
      </form>
    </Dialog>
  );
}

/** Another key in the place of one that many have. */
export function RotateKey({ old, onClose }: { old: Key; onClose: () => void }) {
  const [overlap, setOverlap] = useState("1d");
  const [made, setMade] = useState<Key>();
  const { isBusy, error, save } = useSaving(["keys"]);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Rotate ${old.name}`}
      description="A new key with the same name, role and environment."
      footer={
        made ? (
          <Button tone="primary" onClick={onClose}>Done</Button>
        ) : (
          <Button tone="primary" isBusy={isBusy} onClick={() => void save(() => rotateKey(old.id, overlap)).then(setMade)}>
            Rotate key
          </Button>
        )
      }
    >
      {made?.key ? (
        <Told secret={made.key} />
      ) : (
        <Field label="The old one ends" error={error} className="py-2">
          {(props) => (
            <Select {...props} value={overlap} onChange={(event) => setOverlap(event.target.value)}>
              {OVERLAPS.map(([value, words]) => <option key={value} value={value}>{words}</option>)}
            </Select>
          )}
        </Field>
      )}
    </Dialog>
  );
}
