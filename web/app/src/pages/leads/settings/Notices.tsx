import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Megaphone, Send, Trash2 } from "lucide-react";
import type { FormEvent } from "react";
import { useState } from "react";
import type { Channel, ChannelType } from "@/data/alerts";
import { channelsQuery, createChannel, removeChannel, tryChannel } from "@/data/alerts";
import { useMay } from "@/data/may";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { Checkbox, Field, Input, Select } from "@/ui/Field";
import { Section } from "@/ui/Page";
import { Tag } from "@/ui/Tag";
import { attempt, said } from "@/ui/toast";
import { useSending } from "@/ui/useSending";

/** The run of a lead: what is told of it, is told of the lead. */
export const LEAD_TASK = "leads.orchestrate";
const WHAT = { failed: "fails", succeeded: "is done" } as const;
type On = keyof typeof WHAT;
const WHERE: Record<ChannelType, readonly [string, string, string]> = {
  email: ["E-mail", "Addresses", "sales@example.com, ada@example.com"],
  slack: ["Slack", "Incoming webhook", "https://hooks.slack.com/services/…"],
  webhook: ["Webhook", "URL", "https://example.com/hooks/leads"],
};

/** Who is told of leads by the server, whether or not anybody looks at a page. */
export function Notices() {
  const { data: channels = [] } = useQuery(channelsQuery);
  const mayMake = useMay("admin");
  const mine = channels.filter((channel) => channel.tasks.includes(LEAD_TASK));
  return (
    <Section title="Notifications">
      <div className="flex flex-col gap-3 p-4">
        <p className="text-fg-2">
          The server tells a mailbox, Slack or a webhook what became of leads, also when nobody looks. What it told is among the deliveries of{" "}
          <Link to="/alerts" className="text-accent underline">
            Alerts
          </Link>
          .
        </p>
        {mine.length > 0 && (
          <ul aria-label="Who is told" className="flex flex-col">
            {mine.map((channel) => (
              <Told key={channel.id} channel={channel} />
            ))}
          </ul>
        )}
        {mayMake ? <NewNotice /> : <p className="text-fg-3">An admin can add one.</p>}
      </div>
    </Section>
  );
}

function Told({ channel }: { channel: Channel }) {
  const client = useQueryClient();
  const mayRemove = useMay("admin") && channel.origin === "api";
  const remove = () => void attempt("It is still told", () => removeChannel(channel.id)).then(() => client.invalidateQueries({ queryKey: channelsQuery.queryKey }));
  const tryOut = () => void attempt("The test could not be sent", () => tryChannel(channel.id)).then((delivery) => delivery && said("A test is on its way"));
  return (
    <li className="flex flex-wrap items-center gap-2 py-1">
      <Megaphone aria-hidden className="size-4 text-fg-3" />
      <Tag>{WHERE[channel.type][0]}</Tag>
      <span className="min-w-0 truncate font-mono text-xs">{channel.target}</span>
      <span className="text-fg-3">{`when a lead ${channel.on.map((on) => WHAT[on as On] ?? on).join(" or ")}`}</span>
      <span className="ml-auto flex">
        <Button tone="quiet" icon={<Send />} onClick={tryOut}>
          Send a test
        </Button>
        {mayRemove && <Button tone="quiet" icon={<Trash2 />} aria-label={`Tell ${channel.target} no more`} onClick={remove} />}
      </span>
    </li>
  );
}

function NewNotice() {
  const client = useQueryClient();
  const [type, setType] = useState<ChannelType>("email");
  const [target, setTarget] = useState("");
  const [on, setOn] = useState<readonly On[]>(["failed"]);
  const [secret, setSecret] = useState<string>();
  const { isBusy, error, send } = useSending();
  const [label, address, placeholder] = WHERE[type];
  const make = (event: FormEvent) => {
    event.preventDefault();
    void send(async () => {
      const where = type === "email" ? { addresses: target.split(/[\s,;]+/).filter(Boolean) } : { url: target.trim() };
      const made = await createChannel({ name: `Leads: ${label} to ${target.trim()}`.slice(0, 100), type, on: [...on], tasks: [LEAD_TASK], ...where });
      setSecret(made.secret);
      setTarget("");
      await client.invalidateQueries({ queryKey: channelsQuery.queryKey });
    });
  };
  const toggle = (one: On) => setOn((before) => (before.includes(one) ? before.filter((other) => other !== one) : [...before, one]));
  return (
    <form onSubmit={make} className="flex flex-wrap items-start gap-3 border-t border-line pt-3">
      <Field label="Tell">
        {(props) => (
          <Select {...props} value={type} onChange={(event) => setType(event.target.value as ChannelType)}>
            {Object.entries(WHERE).map(([name, [word]]) => (
              <option key={name} value={name}>
                {word}
              </option>
            ))}
          </Select>
        )}
      </Field>
      <Field label={address} className="min-w-48 flex-1" {...(type === "email" ? { hint: "The server needs a mail server for it: the settings smtp_…" } : {})}>
        {(props) => <Input {...props} required placeholder={placeholder} value={target} onChange={(event) => setTarget(event.target.value)} />}
      </Field>
      <fieldset className="mt-6 flex h-7 items-center gap-3">
        <legend className="sr-only">When</legend>
        <span aria-hidden className="text-fg-2">
          when a lead
        </span>
        {(Object.keys(WHAT) as On[]).map((one) => (
          <Checkbox key={one} label={WHAT[one]} checked={on.includes(one)} onChange={() => toggle(one)} />
        ))}
      </fieldset>
      <Button type="submit" className="mt-6" isBusy={isBusy} disabled={on.length === 0}>
        Add
      </Button>
      {error && (
        <p role="alert" className="w-full text-bad">
          {error}
        </p>
      )}
      {secret && (
        <div className="w-full">
          <p className="mb-1 text-fg-2">This secret signs what is sent. It is shown only now:</p>
          <Code text={secret} />
        </div>
      )}
    </form>
  );
}
