import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Pause } from "lucide-react";
import { useState } from "react";
import { tokenQuery } from "@/data/run";
import { completeToken } from "@/data/runDeeds";
import { parseJson } from "@/format/json";
import type { EntryFact } from "@/data/trace";
import { Button } from "@/ui/Button";
import { TextArea } from "@/ui/Field";
import { Ago } from "@/ui/Time";

/** What a run waits for that a person can give. */
export function WaitCards({ journal }: { journal: readonly EntryFact[] | undefined }) {
  const open = (journal ?? []).filter((entry) => entry.kind === "token" && entry.status === "pending" && entry.awaits);
  return open.map((entry) => <WaitCard key={entry.awaits} id={entry.awaits ?? ""} />);
}

/** A question, answered in place. The first answer counts. */
function WaitCard({ id }: { id: string }) {
  const queries = useQueryClient();
  const { data: token } = useQuery(tokenQuery(id));
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  if (!token || token.status !== "WAITING") return null;
  const answer = async (value: unknown) => {
    setBusy(true);
    setRefusal(undefined);
    try {
      await completeToken(id, value);
      await queries.invalidateQueries({ queryKey: ["wait", id] });
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  const isYesNo = (token.schema as { type?: string } | undefined)?.type === "boolean";
  return (
    <section aria-label="Waiting for you" className="flex flex-col gap-2 rounded-card border border-wait/50 bg-wait/10 p-3">
      <h2 className="flex items-center gap-2 font-semibold text-wait">
        <Pause aria-hidden className="size-4" />
        {isYesNo ? "Waiting for your approval" : "Waiting for an answer"}
      </h2>
      {token.question && <p className="break-words whitespace-pre-wrap">{token.question}</p>}
      {isYesNo ? (
        <div className="flex gap-2">
          <Button tone="primary" isBusy={isBusy} onClick={() => void answer(true)}>
            Approve
          </Button>
          <Button tone="danger" disabled={isBusy} onClick={() => void answer(false)}>
            Reject
          </Button>
        </div>
      ) : (
        <JsonAnswer isBusy={isBusy} onAnswer={(value) => void answer(value)} />
      )}
      {refusal && (
        <p role="alert" className="text-bad">
          {refusal}
        </p>
      )}
      {token.timeoutAt && (
        <p className="text-xs text-fg-2">
          Ends unanswered <Ago at={token.timeoutAt} />
        </p>
      )}
    </section>
  );
}

function JsonAnswer({ isBusy, onAnswer }: { isBusy: boolean; onAnswer: (value: unknown) => void }) {
  const [text, setText] = useState("");
  const value = parse(text);
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (value) onAnswer(value.json);
      }}
    >
      <TextArea aria-label="Answer, as JSON" placeholder='{"approved": true}' rows={3} className="font-mono text-xs" value={text} onChange={(event) => setText(event.target.value)} />
      <Button type="submit" tone="primary" className="self-start" isBusy={isBusy} disabled={!value}>
        Answer
      </Button>
    </form>
  );
}

function parse(text: string): { json: unknown } | undefined {
  try {
    return { json: parseJson(text) };
  } catch {
    return undefined;
  }
}
