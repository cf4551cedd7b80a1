import type { FormEvent } from "react";
import { useState } from "react";
import { changePassword } from "@/data/settings";
import { Button } from "@/ui/Button";
import { Field, Input } from "@/ui/Field";
import { Section } from "@/ui/Page";
import { said } from "@/ui/toast";
import { useSending } from "@/ui/useSending";

/** Another password for oneself. */
export function Password() {
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const { isBusy, error, send } = useSending();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void send(async () => {
      await changePassword(old, next);
      setOld("");
      setNext("");
      said("Your password is changed", "You are signed out everywhere else.");
    });
  };
  return (
    <Section title="Password">
      <form onSubmit={submit} className="flex max-w-sm flex-col gap-3 p-4">
        <Field label="Current password">{(props) => <Input {...props} type="password" autoComplete="current-password" required value={old} onChange={(event) => setOld(event.target.value)} />}</Field>
        <Field label="New password" error={error} hint="Every other sign-in of yours ends.">
          {(props) => <Input {...props} type="password" autoComplete="new-password" required value={next} onChange={(event) => setNext(event.target.value)} />}
        </Field>
        <Button type="submit" isBusy={isBusy} disabled={old === "" || next === ""} className="self-start">
          Change password
        </Button>
      </form>
    </Section>
  );
}
