import { useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useState } from "react";
import { personOf, session } from "@/data/door";
import { meQuery, signIn } from "@/data/me";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { Field, Input } from "@/ui/Field";
import { useTitle } from "@/ui/Page";
import { Layer, useLayer } from "@/ui/shortcuts";
import { useSending } from "@/ui/useSending";

/** The page of who is not signed in. `again`: as whom one was, until a moment ago. */
export function SignIn({ again }: { again?: string }) {
  useTitle(again === undefined ? "Sign in" : undefined);
  const Around = again === undefined ? "main" : "div";
  const client = useQueryClient();
  const [email, setEmail] = useState(again ?? "");
  const [password, setPassword] = useState("");
  const { isBusy, error, send } = useSending();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void send(async () => {
      const me = await signIn(email, password);
      client.setQueryData(meQuery.queryKey, me);
      session.know(personOf(me));
      void client.invalidateQueries();
    });
  };
  return (
    <Around className="flex min-h-full items-center justify-center p-4">
      <form onSubmit={submit} className="flex w-full max-w-sm flex-col gap-4 rounded-card border border-line bg-panel p-6">
        <div className="flex items-center gap-2">
          <img src="./icon.svg" alt="" className="size-6" />
          <h1 className="text-lg font-semibold">{again === undefined ? "Sign in to Runcast" : "Sign in again"}</h1>
        </div>
        {again !== undefined && <p className="text-fg-2">Your sign-in has ended. The page goes on where it was.</p>}
        <Field label="E-mail">{(props) => <Input {...props} type="email" autoComplete="username" autoFocus={again === undefined} required value={email} onChange={(event) => setEmail(event.target.value)} />}</Field>
        <Field label="Password" error={error}>
          {(props) => <Input {...props} type="password" autoComplete="current-password" autoFocus={again !== undefined} required value={password} onChange={(event) => setPassword(event.target.value)} />}
        </Field>
        <Button type="submit" tone="primary" isBusy={isBusy} className="justify-center">
          Sign in
        </Button>
        <details className="text-xs text-fg-3">
          <summary>Nobody has an account yet?</summary>
          <p className="my-2">Where the server runs:</p>
          <Code text="runcast users add you@example.com --role admin" wrap={false} />
        </details>
      </form>
    </Around>
  );
}

/** Over the page, and whatever is open on it, which stays as it was left. */
export function SignInAgain({ name }: { name: string }) {
  const layer = useLayer();
  const open = (dialog: HTMLDialogElement | null) => {
    if (dialog && !dialog.open) dialog.showModal();
  };
  return (
    <dialog ref={open} aria-label="Sign in again" onCancel={(event) => event.preventDefault()} onClose={(event) => open(event.currentTarget)} className="m-0 h-dvh max-h-none w-dvw max-w-none bg-bg text-fg">
      <Layer value={layer}>
        <SignIn again={name} />
      </Layer>
    </dialog>
  );
}
