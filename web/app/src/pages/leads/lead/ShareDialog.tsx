import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { NewShare } from "@/data/leads";
import { revokeShare, shareLead, sharesQuery } from "@/data/leads";
import { moment, serverNow } from "@/format/time";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { Dialog } from "@/ui/Dialog";
import { Field, Select } from "@/ui/Field";
import { attempt } from "@/ui/toast";

/** Makes a link that shows the lead to whoever has it, and nothing else; and ends those that were made. */
export function ShareDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const cache = useQueryClient();
  const [days, setDays] = useState("7");
  const [share, setShare] = useState<NewShare>();
  const reread = () => void cache.invalidateQueries({ queryKey: sharesQuery(id).queryKey });
  const make = () =>
    void attempt("The link could not be made", () => shareLead(id, Number(days))).then((made) => {
      setShare(made);
      reread();
    });
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Share this lead"
      description="Whoever has the link sees how far the lead is, and the research, e-mails and page that were made. They can change nothing, and see no logs, providers, costs or what you pasted."
      footer={
        share ? (
          <Button onClick={onClose}>Done</Button>
        ) : (
          <Button tone="primary" onClick={make}>
            Create the link
          </Button>
        )
      }
    >
      <div className="flex flex-col gap-4 pb-2">
        {share ? (
          <div className="flex flex-col gap-2">
            <Code text={new URL(share.path.slice(1), document.baseURI).href} />
            <p className="text-fg-3">It is shown only now, and works until {moment(share.share.expiresAt)}.</p>
          </div>
        ) : (
          <Field label="Works for">
            {(props) => (
              <Select {...props} value={days} onChange={(event) => setDays(event.target.value)}>
                <option value="1">a day</option>
                <option value="7">a week</option>
                <option value="30">30 days</option>
              </Select>
            )}
          </Field>
        )}
        <Links id={id} newest={share?.share.id} onRevoked={reread} />
      </div>
    </Dialog>
  );
}

/** The links that lead here now. */
function Links({ id, newest, onRevoked }: { id: string; newest: string | undefined; onRevoked: () => void }) {
  const { data = [] } = useQuery(sharesQuery(id));
  const live = data.filter((one) => one.revokedAt === null && Date.parse(one.expiresAt) > serverNow());
  if (live.length === 0) return null;
  const revoke = (share: string) => void attempt("The link still works", () => revokeShare(id, share)).then(onRevoked);
  return (
    <section aria-label="Links that work" className="flex flex-col gap-1">
      <h3 className="font-medium text-fg-2">Links that work</h3>
      <ul className="flex max-h-40 flex-col overflow-auto">
        {live.map((one) => (
          <li key={one.id} className="flex flex-wrap items-center gap-x-2 py-0.5">
            <span className="min-w-0 flex-1 truncate text-fg-2">
              {one.id === newest ? "The new one" : `Made ${moment(one.createdAt)}`}
              <span className="text-fg-3">{` by ${one.createdBy}, until ${moment(one.expiresAt)}`}</span>
            </span>
            <Button tone="danger" onClick={() => revoke(one.id)}>
              Revoke
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
