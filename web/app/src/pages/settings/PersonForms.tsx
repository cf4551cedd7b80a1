import type { FormEvent } from "react";
import { useState } from "react";
import type { Person, Role } from "@/data/settings";
import { addPerson, changePerson } from "@/data/settings";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, Input } from "@/ui/Field";
import { said } from "@/ui/toast";
import { RoleField } from "./RoleField";
import { useSaving } from "./useSaving";

const ROLES: readonly Role[] = ["viewer", "operator", "admin"];

/** A password that nobody guesses, to be told to whom it is for. */
function freshPassword(): string {
  return btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(15)))).replaceAll("+", "-").replaceAll("/", "_");
}

/** Let somebody in. */
export function AddPerson({ onClose }: { onClose: () => void }) {
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("operator");
  const [password, setPassword] = useState(freshPassword);
  const { isBusy, error, save } = useSaving(["people"]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!(await save(() => addPerson({ email, name, role, password })))) return;
    said(`${email} may sign in`);
    onClose();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Add person"
      description="Tell them the password: it is not shown again, and they can change it."
      footer={
        <Button tone="primary" type="submit" form="person" isBusy={isBusy}>
          Add person
        </Button>
      }
    >
      <form id="person" onSubmit={(event) => void submit(event)} className="flex flex-col gap-3 py-2">
        <Field label="E-mail">{(props) => <Input {...props} type="email" required autoFocus value={email} onChange={(event) => setEmail(event.target.value)} />}</Field>
        <Field label="Name (optional)">{(props) => <Input {...props} value={name} onChange={(event) => setName(event.target.value)} />}</Field>
        <RoleField role={role} roles={ROLES} onChange={setRole} />
        <Field label="Password" error={error}>
          {(props) => <Input {...props} required autoComplete="off" className="font-mono" value={password} onChange={(event) => setPassword(event.target.value)} />}
        </Field>
      </form>
    </Dialog>
  );
}

/** Another password for somebody who forgot theirs. */
export function SetPassword({ person, onClose }: { person: Person; onClose: () => void }) {
  const [password, setPassword] = useState(freshPassword);
  const { isBusy, error, save } = useSaving(["people"]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!(await save(() => changePerson(person.id, { password })))) return;
    said(`${person.email} has another password`, "They are signed out everywhere.");
    onClose();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Password of ${person.email}`}
      description="They are signed out everywhere. Tell them the new one: it is not shown again."
      footer={
        <Button tone="primary" type="submit" form="password" isBusy={isBusy}>
          Set password
        </Button>
      }
    >
      <form id="password" onSubmit={(event) => void submit(event)} className="py-2">
        <Field label="New password" error={error}>
          {(props) => <Input {...props} required autoComplete="off" className="font-mono" value={password} onChange={(event) => setPassword(event.target.value)} />}
        </Field>
      </form>
    </Dialog>
  );
}
