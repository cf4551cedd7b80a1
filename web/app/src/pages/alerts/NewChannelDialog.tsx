import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { AlertOn, Channel, ChannelType } from "@/data/alerts";
import { ALERT_ON, channelsQuery, createChannel } from "@/data/alerts";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { Dialog } from "@/ui/Dialog";
import { Checkbox, Field, Input, Select } from "@/ui/Field";
import type { ChannelTexts } from "./channel";
import { channelProblems, NO_CHANNEL, readChannel } from "./channel";

/** A new channel, and what it tells. The secret of a webhook is shown once. */
export function NewChannelDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [texts, setTexts] = useState(NO_CHANNEL);
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const [made, setMade] = useState<Channel>();
  const problems = isTried ? channelProblems(texts) : {};
  const make = async () => {
    setTried(true);
    setRefusal(undefined);
    if (Object.keys(channelProblems(texts)).length > 0) return;
    setBusy(true);
    try {
      const channel = await createChannel(readChannel(texts));
      await client.invalidateQueries({ queryKey: channelsQuery.queryKey });
      if (channel.secret) setMade(channel);
      else onClose();
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  if (made) return <Secret channel={made} onClose={onClose} />;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="New channel"
      description="Where the server tells what happens to runs."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" isBusy={isBusy} onClick={() => void make()}>
            Make channel
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-3 pb-2"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        {refusal && (
          <p role="alert" className="rounded-control border border-bad/50 px-3 py-2 text-bad">
            {refusal}
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
      <Field label="By">
        {(props) => (
          <Select {...props} value={texts.type} onChange={(event) => onChange({ type: event.target.value as ChannelType })} className="self-start">
            <option value="webhook">Webhook</option>
            <option value="email">E-mail</option>
            <option value="slack">Slack</option>
          </Select>
        )}
      </Field>
      {texts.type === "webhook" && text("url", "URL", { placeholder: "https://example.com/hooks/runs", hint: "It gets a signed POST" })}
      {texts.type === "slack" && text("url", "Incoming webhook", { placeholder: "https://hooks.slack.com/services/…", hint: "Of Slack, or what takes the same: Mattermost, Discord's /slack" })}
      {texts.type === "email" && text("addresses", "Addresses", { placeholder: "ops@example.com, ada@example.com", hint: "The server needs a mail server for it (settings smtp_…)" })}
      <fieldset className="flex flex-col gap-1.5">
        <legend className="mb-1 font-medium text-fg-2">It tells when</legend>
        {Object.entries(ALERT_ON).map(([on, words]) => (
          <Checkbox key={on} label={words} checked={texts.on.includes(on as AlertOn)} onChange={() => toggle(on as AlertOn)} />
        ))}
        {problems.on && <p className="text-xs text-bad">{problems.on}</p>}
      </fieldset>
      {texts.on.includes("slow") && text("slowOver", "Too long is over", { placeholder: "10m" })}
      {texts.on.includes("backlog") && text("backlogOver", "A backlog is over", { placeholder: "1000", hint: "Queued runs of one queue" })}
      {text("tasks", "Only of tasks", { placeholder: "Any", hint: "With commas between" })}
      {text("queues", "Only of queues", { placeholder: "Any" })}
    </>
  );
}

function Secret({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  return (
    <Dialog isOpen onClose={onClose} title={`${channel.name} is made`} description="What signs its deliveries is shown now, and never again. Give it to the receiver." footer={<Button tone="primary" onClick={onClose}>I have it</Button>}>
      <Code text={channel.secret ?? ""} className="mb-2" />
    </Dialog>
  );
}
