import { useQuery, useQueryClient } from "@tanstack/react-query";
import { EllipsisVertical, KeyRound, Plus, RefreshCw, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Key } from "@/data/settings";
import { keysQuery, revokeKey } from "@/data/settings";
import { age, serverNow } from "@/format/time";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Menu } from "@/ui/Menu";
import { Section } from "@/ui/Page";
import { Table } from "@/ui/Table";
import { Tag } from "@/ui/Tag";
import { Ago } from "@/ui/Time";
import { attempt, said } from "@/ui/toast";
import { CreateKey, RotateKey } from "./KeyForms";

/** Whether a key admits, and until when. */
function stateOf(key: Key): string {
  if (key.revokedAt) return "revoked";
  if (key.expiresAt) return Date.parse(key.expiresAt) < serverNow() ? "expired" : `until ${age(key.expiresAt)}`.replace("until in", "ends in");
  return "";
}

/** Keys of programs: made, rotated, revoked. */
export function KeySettings() {
  const client = useQueryClient();
  const { data: keys, error, refetch } = useQuery(keysQuery);
  const [open, setOpen] = useState<{ what: "create" } | { what: "rotate" | "revoke"; key: Key }>();
  const close = () => setOpen(undefined);
  const revoke = async (key: Key) => {
    close();
    if (!(await attempt(`Could not revoke ${key.name}`, () => revokeKey(key.id)))) return;
    void client.invalidateQueries({ queryKey: ["keys"] });
    said(`${key.name} admits no more`);
  };
  return (
    <Section
      title="API keys"
      actions={
        <Button icon={<Plus />} shortcut="n" onClick={() => setOpen({ what: "create" })}>
          Create key
        </Button>
      }
    >
      {error && !keys && <Failure error={error} onRetry={() => void refetch()} />}
      {!keys && !error && <Skeleton rows={3} />}
      {keys?.length === 0 && (
        <Empty icon={<KeyRound />} title="No key yet">
          Programs elsewhere trigger runs and read them with a key, workers elsewhere execute with one. Each is of one environment, and does what its role says.
        </Empty>
      )}
      {keys && keys.length > 0 && (
        <Table
          label="API keys"
          rows={keys}
          keyOf={(key) => key.id}
          rowClass={(key) => stateOf(key) === "revoked" && "opacity-60"}
          columns={[
            {
              key: "name",
              label: "Key",
              className: "w-full max-w-0 min-w-36",
              cell: (key) => (
                <div className="flex min-w-0 flex-col py-1">
                  <span className="flex min-w-0 items-center gap-2">
                    <span className="truncate font-medium">{key.name}</span>
                    {stateOf(key) && <Tag>{stateOf(key)}</Tag>}
                  </span>
                  <span className="truncate font-mono text-2xs text-fg-3">…{key.hint}</span>
                </div>
              ),
            },
            { key: "environment", label: "Environment", isWide: true, cell: (key) => key.environment },
            { key: "role", label: "Role", cell: (key) => key.role },
            { key: "used", label: "Last used", isWide: true, className: "whitespace-nowrap text-fg-3", cell: (key) => (key.usedAt ? <Ago at={key.usedAt} /> : "never") },
            { key: "made", label: "Created", isWide: true, className: "whitespace-nowrap text-fg-3", cell: (key) => <Ago at={key.createdAt} /> },
            {
              key: "act",
              label: <span className="sr-only">Actions</span>,
              className: "text-right",
              cell: (key) =>
                key.revokedAt ? null : (
                  <Menu
                    trigger={<Button tone="quiet" aria-label={`Actions for ${key.name}`} icon={<EllipsisVertical />} />}
                    items={[
                      { label: "Rotate…", hint: "Another key; the old one goes on for a while.", icon: <RefreshCw />, onSelect: () => setOpen({ what: "rotate", key }) },
                      { label: "Revoke…", hint: "It admits no more, at once.", icon: <Trash2 />, isDanger: true, onSelect: () => setOpen({ what: "revoke", key }) },
                    ]}
                  />
                ),
            },
          ]}
        />
      )}
      {open?.what === "create" && <CreateKey onClose={close} />}
      {open?.what === "rotate" && <RotateKey old={open.key} onClose={close} />}
      {open?.what === "revoke" && (
        <Dialog
          isOpen
          onClose={close}
          title={`Revoke ${open.key.name}?`}
          description="Every program that has it is refused from now on. This can not be undone."
          footer={
            <>
              <Button onClick={close}>Keep it</Button>
              <Button tone="danger" onClick={() => void revoke(open.key)}>
                Revoke key
              </Button>
            </>
          }
        />
      )}
    </Section>
  );
}
