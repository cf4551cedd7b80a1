import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { AlertOn, Channel, ChannelType } from "@/data/alerts";
import { ALERT_ON, channelsQuery, createChannel } from "@/data/alerts";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { Dialog } from "@/ui/Dialog";
import { Checkbox, Field, Input, Select } from "@/ui/Field";
import { useSending } from "@/ui/useSending";
import type { ChannelTexts } from "./channel";
import { channelProblems, NO_CHANNEL, readChannel } from "./channel";

/** A new channel, and what it tells. The secret of a webhook is shown once. */
export function NewChannelDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [texts, setTexts] = useState(NO_CHANNEL);
  const [isTried, setTried] = useState(false);
  const { isBusy, error, send } = useSending();
  const [made, setMade] = useState<Channel>();
  const problems = isTried ? channelProblems(texts) : {};
  const make = () => {
    setTried(true);
    if (Object.keys(channelProblems(texts)).length > 0) return;
    void send(async () => {
      const channel = await createChannel(readChannel(texts));
      await client.invalidateQueries({ queryKey: channelsQuery.queryKey });
      if (channel.secret) setMade(channel);
      else onClose();
    });
  };
  if (made) return <Secret channel={made} onClose={onClose} />;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="New channel"
      description="Where the server sends word of what happens to runs."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" isBusy={isBusy} onClick={make}>
            Create channel
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-3 pb-2"
        onSubmit={(event) => {
          event.preventDefault();
          make();
        }}
      >
        {error && (
          <p role="alert" className="rounded-control border border-bad/50 px-3 py-2 text-bad">
            {error}
          </p>
        )}
        <Fields texts={texts} problems={problems} onChange={(change) => setTexts({ ...texts, ...change })} />
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}

function Fields({ texts, problems, onChange }: { texts: ChannelTexts; problems: ReturnType<typeof channelProblems>; onChange: (change: Partial<ChannelTexts>) => void }) {
  const toggle = (on: AlertOn) => onChange({ on: texts.on.includes(on) ? texts.on.filter((one) => one !== on) : [...texts.on, on] });
  const text = (name: Exclude<keyof ChannelTexts, "on" | "type">, label: string, more: { placeholder?: string; hint?: string } = {}) => (
    <Field label={label} hint={more.hint} error={problems[name]}>
      {(props) => <Input {...props} value={texts[name]} placeholder={more.placeholder} onChange={(event) => onChange({ [name]: event.target.value })} />}
    </Field>
  );
  return (
    <>
      {text("name", "Name", { placeholder: "ops" })}
      <Field label="Type">
        {(props) => (
          <Select {...props} value={texts.type} onChange={(event) => onChange({ type: event.target.value as ChannelType })} className="self-start">
            <option value="webhook">Webhook</option>
            <option value="email">E-mail</option>
            <option value="slack">Slack</option>
          </Select>
        )}
      </Field>
      {texts.type === "webhook" && text("url", "URL", { placeholder: "https://example.com/hooks/runs", hint: "It receives a signed POST for each alert." })}
      {texts.type === "slack" && text("url", "Incoming webhook", { placeholder: "https://hooks.slack.com/services/…", hint: "Slack, or whatever takes the same: Mattermost, Discord with /slack." })}
      {texts.type === "email" && text("addresses", "Addresses", { placeholder: "ops@example.com, ada@example.com", hint: "Separated by commas. The server needs a mail server for it: the settings smtp_…" })}
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-1 font-medium text-fg-2">Tell it when</legend>
        {Object.entries(ALERT_ON).map(([on, words]) => (
          <Checkbox key={on} label={words} checked={texts.on.includes(on as AlertOn)} onChange={() => toggle(on as AlertOn)} />
        ))}
        {problems.on && <p className="text-xs text-bad">{problems.on}</p>}
      </fieldset>
      {texts.on.includes("slow") && text("slowOver", "Too long means over", { placeholder: "10m" })}
      {texts.on.includes("backlog") && text("backlogOver", "A backlog means over", { placeholder: "1000", hint: "Queued runs in one queue." })}
      {text("tasks", "Only for tasks", { placeholder: "All", hint: "Separated by commas." })}
      {text("queues", "Only for queues", { placeholder: "All" })}
    </>
  );
}

function Secret({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  return (
    <Dialog isOpen onClose={onClose} title={`${channel.name} is created`} description="This secret signs its deliveries. It is shown now and never again: give it to the receiver." footer={<Button tone="primary" onClick={onClose}>I have it</Button>}>
      <Code text={channel.secret ?? ""} className="mb-2" />
    </Dialog>
  );
}
