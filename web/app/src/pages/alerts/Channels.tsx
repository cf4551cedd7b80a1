import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Megaphone, Send, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Channel } from "@/data/alerts";
import { ALERT_ON, channelsQuery, removeChannel, tryChannel } from "@/data/alerts";
import { useMay } from "@/data/may";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Facts } from "@/ui/Page";
import { Tag } from "@/ui/Tag";
import { Ago } from "@/ui/Time";
import { attempt, said } from "@/ui/toast";

const TYPES = { webhook: "Webhook", email: "E-mail", slack: "Slack" } as const;

/** Where alerts are told. */
export function Channels({ onMake }: { onMake: (() => void) | undefined }) {
  const { data, error, refetch } = useQuery(channelsQuery);
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton />;
  if (data.length === 0)
    return (
      <Empty icon={<Megaphone />} title="No channel yet" action={onMake && <Button onClick={onMake}>Create a channel</Button>}>
        A channel tells a webhook, a mailbox or Slack what happens to runs. The server delivers it, also while no worker is connected.
      </Empty>
    );
  return (
    <ul aria-label="Channels" className="grid gap-4 p-4 lg:grid-cols-2">
      {data.map((channel) => (
        <ChannelCard key={channel.id} channel={channel} />
      ))}
    </ul>
  );
}

function ChannelCard({ channel }: { channel: Channel }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const mayTry = useMay("operator");
  const mayRemove = useMay("admin") && channel.origin === "api";
  const tryOut = async () => {
    const delivery = await attempt("The test could not be sent", () => tryChannel(channel.id));
    if (!delivery) return;
    said("A test is on its way", "Its outcome is among the deliveries.");
    await client.invalidateQueries({ queryKey: ["alerts", "deliveries"] });
    await navigate({ to: "/alerts", search: { tab: "deliveries", channel: channel.id } });
  };
  const remove = async () => {
    setAsking(false);
    await attempt("The channel could not be deleted", () => removeChannel(channel.id));
    await client.invalidateQueries({ queryKey: channelsQuery.queryKey });
  };
  return (
    <li className="flex min-w-0 flex-col rounded-card border border-line bg-panel">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-2">
        <h2 className="min-w-0 truncate font-semibold">{channel.name}</h2>
        <Tag>{TYPES[channel.type]}</Tag>
        {channel.origin === "code" && <Tag>from code</Tag>}
        <span className="ml-auto flex gap-1">
          {mayTry && (
            <Button icon={<Send />} onClick={() => void tryOut()}>
              Send a test
            </Button>
          )}
          {mayRemove && <Button tone="quiet" icon={<Trash2 />} aria-label={`Delete ${channel.name}`} onClick={() => setAsking(true)} />}
        </span>
      </div>
      <Facts
        className="p-4"
        facts={[
          ["Tells when", channel.on.map((on) => ALERT_ON[on]).join(", ") || "nothing yet"],
          ["To", <span key="to" className="font-mono text-xs break-all">{channel.target}</span>],
          channel.tasks.length > 0 && ["Only tasks", channel.tasks.join(", ")],
          channel.queues.length > 0 && ["Only queues", channel.queues.join(", ")],
          ["Created", <Ago key="made" at={channel.createdAt} />],
        ]}
      />
      <Dialog
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Delete ${channel.name}?`}
        description="What is on its way to it fails. Nothing is told there any more."
        footer={
          <>
            <Button onClick={() => setAsking(false)}>Keep it</Button>
            <Button tone="danger" onClick={() => void remove()}>
              Delete channel
            </Button>
          </>
        }
      />
    </li>
  );
}
