import type { FormEvent } from "react";
import { useState } from "react";
import { useMay } from "@/data/may";
import { createPublicToken } from "@/data/settings";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { Field, Input, Select } from "@/ui/Field";
import { Section } from "@/ui/Page";
import { TokenList } from "./TokenList";
import { useSaving } from "./useSaving";

const SCOPES = [
  ["read:runs:run_…", "sees one run, live"],
  ["read:tags:customer-17", "sees whatever has a tag"],
  ["read:batch:batch_…", "sees the runs of a batch"],
  ["trigger:tasks:enrich", "may start a task"],
  ["write:waitpoints:waitpoint_…", "may answer one question"],
] as const;
const EXAMPLE = `async with Client() as client:
    token = await client.create_public_token("read:runs:run_…", expires="1h")`;

/** What a browser may have: explained, one made to try, and those that were made. */
export function TokenSettings() {
  const mayMake = useMay("operator");
  return (
    <>
      <Section title="Public tokens">
        <div className="flex flex-col gap-3 p-4 text-fg-2">
          <p>A page of yours that shows a run to its visitors needs no key: it gets a token, which does what its scopes say, for a while, and nothing else. Your server makes it, and can end it before its time. A trigger over HTTP brings one along, in the header <code className="font-mono text-xs">x-trigger-jwt</code>.</p>
          <Code text={EXAMPLE} />
          <dl className="grid grid-cols-1 gap-x-6 gap-y-1 sm:grid-cols-[auto_1fr]">
            {SCOPES.map(([scope, words]) => (
              <div key={scope} className="contents">
                <dt className="font-mono text-xs text-fg">{scope}</dt>
                <dd className="max-sm:mb-2">{words}</dd>
              </div>
            ))}
          </dl>
        </div>
      </Section>
      {mayMake && <Maker />}
      <TokenList />
    </>
  );
}

function Maker() {
  const [scope, setScope] = useState("read:runs");
  const [lifetime, setLifetime] = useState("1h");
  const [name, setName] = useState("");
  const [token, setToken] = useState<string>();
  const { isBusy, error, save } = useSaving(["tokens"]);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setToken((await save(() => createPublicToken(scope.split(/[\s,]+/).filter(Boolean), lifetime, name.trim())))?.token);
  };
  return (
    <Section title="Make one to try">
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-3 p-4">
        <div className="flex flex-wrap items-end gap-3">
          <Field label="Scopes" className="min-w-60 flex-1">
            {(props) => <Input {...props} required spellCheck={false} className="font-mono" value={scope} onChange={(event) => setScope(event.target.value)} />}
          </Field>
          <Field label="Name" className="min-w-40 max-sm:flex-1">
            {(props) => <Input {...props} placeholder="what it is for" maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <Field label="Ends in">
            {(props) => (
              <Select {...props} value={lifetime} onChange={(event) => setLifetime(event.target.value)}>
                <option value="15m">15 minutes</option>
                <option value="1h">an hour</option>
                <option value="1d">a day</option>
              </Select>
            )}
          </Field>
          <Button type="submit" isBusy={isBusy}>
            Make token
          </Button>
        </div>
        {error && (
          <p role="alert" className="text-bad">
            {error}
          </p>
        )}
        {token && <Code text={token} />}
      </form>
    </Section>
  );
}
