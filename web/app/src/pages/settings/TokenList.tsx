import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/data/may";
import type { PublicToken } from "@/data/settings";
import { publicTokensQuery, revokePublicToken } from "@/data/settings";
import { count } from "@/format/number";
import { age } from "@/format/time";
import { Button } from "@/ui/Button";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Section } from "@/ui/Page";
import { Table } from "@/ui/Table";
import { Tag } from "@/ui/Tag";
import { Ago, useTick } from "@/ui/Time";
import { attempt, said } from "@/ui/toast";

const SHOWN = 100;

/** Tokens that browsers hold, without what admits; each can be ended. */
export function TokenList() {
  const { data: tokens, error, refetch } = useQuery(publicTokensQuery);
  const mayEnd = useMay("operator");
  const client = useQueryClient();
  const [ending, setEnding] = useState<string>();
  useTick();
  const revoke = async (token: PublicToken) => {
    setEnding(token.id);
    const done = await attempt("Could not end the token", () => revokePublicToken(token.id));
    await client.invalidateQueries({ queryKey: publicTokensQuery.queryKey });
    setEnding(undefined);
    if (done) said("The token admits no more", token.name);
  };
  return (
    <Section title="Tokens that were made">
      {error && !tokens && <Failure error={error} onRetry={() => void refetch()} />}
      {!tokens && !error && <Skeleton rows={3} />}
      {tokens?.length === 0 && <Empty title="None is good now">Tokens that your servers ask for are listed here until they end, without what admits. Those that come with a trigger are not: they end after an hour.</Empty>}
      {tokens && tokens.length > 0 && (
        <Table
          label="Public tokens"
          rows={tokens.slice(0, SHOWN)}
          keyOf={(token) => token.id}
          rowClass={(token) => token.revokedAt !== undefined && "opacity-60"}
          columns={[
            {
              key: "token",
              label: "Token",
              className: "w-full max-w-0",
              cell: (token) => (
                <div className="flex min-w-0 flex-col py-1">
                  <span className="flex min-w-0 items-center gap-2">
                    <span className="truncate font-medium">{token.name ?? "without a name"}</span>
                    {token.oneTimeUse && <Tag>once</Tag>}
                    {token.revokedAt && <Tag>ended</Tag>}
                  </span>
                  <span className="truncate font-mono text-2xs text-fg-3" title={token.scopes.join(" ")}>
                    {token.scopes.join(" ") || "came with a trigger"}
                  </span>
                </div>
              ),
            },
            { key: "by", label: "Asked for by", isWide: true, className: "whitespace-nowrap", cell: (token) => token.madeBy ?? "code" },
            { key: "made", label: "Created", isWide: true, className: "whitespace-nowrap text-fg-3", cell: (token) => <Ago at={token.createdAt} /> },
            { key: "ends", label: "Ends", className: "whitespace-nowrap text-fg-3", cell: (token) => age(token.expiresAt) },
            {
              key: "act",
              label: <span className="sr-only">Actions</span>,
              className: "text-right",
              cell: (token) =>
                token.revokedAt || !mayEnd ? null : (
                  <Button tone="quiet" icon={<Trash2 />} aria-label={`End the token ${token.name ?? token.id}`} isBusy={ending === token.id} onClick={() => void revoke(token)}>
                    <span className="max-sm:hidden">End</span>
                  </Button>
                ),
            },
          ]}
        />
      )}
      {tokens && tokens.length > SHOWN && <p className="border-t border-line px-4 py-2 text-fg-3">and {count(tokens.length - SHOWN)} older ones: `runcast keys tokens` lists them all</p>}
    </Section>
  );
}
