import { useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useState } from "react";
import { meQuery, signIn } from "@/data/me";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { Field, Input } from "@/ui/Field";
import { useTitle } from "@/ui/Page";

/** The page of who is not signed in. */
export function SignIn() {
  useTitle("Sign in");
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      client.setQueryData(meQuery.queryKey, await signIn(email, password));
    } catch (refusal) {
      setError(refusal instanceof Error ? refusal.message : String(refusal));
    } finally {
      setBusy(false);
    }
  };
  return (
    <main className="flex min-h-full items-center justify-center p-4">
      <form onSubmit={(event) => void submit(event)} className="flex w-full max-w-sm flex-col gap-4 rounded-card border border-line bg-panel p-6">
        <div className="flex items-center gap-2">
          <img src="./icon.svg" alt="" className="size-6" />
          <h1 className="text-lg font-semibold">Sign in to Runcast</h1>
        </div>
        <Field label="E-mail">{(props) => <Input {...props} type="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />}</Field>
        <Field label="Password" error={error}>
          {(props) => <Input {...props} type="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />}
        </Field>
        <Button type="submit" tone="primary" isBusy={isBusy} className="justify-center">
          Sign in
        </Button>
        <details className="text-xs text-fg-3">
          <summary>Nobody has an account yet?</summary>
          <p className="my-2">Where the server runs:</p>
          <Code text="runcast users add you@example.com --role admin" />
        </details>
      </form>
    </main>
  );
}
