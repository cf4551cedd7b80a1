import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Wait } from "@/data/waits";
import { waitQuery } from "@/data/waits";
import { parseJson } from "@/format/json";
import { Button } from "@/ui/Button";
import { Dialog } from "@/ui/Dialog";
import { Field, TextArea } from "@/ui/Field";
import { Json } from "@/ui/Json";
import { answerOf } from "./answer";
import { questionOf, yesAndNo } from "./deciding";

/** Any value as the answer: what approving would send, to be edited. */
export function JsonAnswer({ wait, onAnswer, onClose }: { wait: Wait; onAnswer: (value: unknown) => void; onClose: () => void }) {
  const { data } = useQuery(waitQuery(wait.id));
  const [text, setText] = useState(() => (wait.form ? JSON.stringify(answerOf(wait.form, yesAndNo(wait.form).yes, {}), null, 2) : ""));
  const [error, setError] = useState<string>();
  const send = () => {
    try {
      onAnswer(parseJson(text));
      onClose();
    } catch (mistake) {
      setError(mistake instanceof Error ? mistake.message : String(mistake));
    }
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title="Edit the answer"
      description={questionOf(wait)}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" onClick={send}>
            Send answer
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4 py-2">
        <Field label="Answer (JSON)" error={error}>
          {(props) => <TextArea {...props} rows={8} autoFocus spellCheck={false} className="font-mono text-xs" value={text} onChange={(event) => setText(event.target.value)} />}
        </Field>
        {data?.schema !== undefined && (
          <details>
            <summary className="mb-2 text-fg-2">What the run expects (JSON Schema)</summary>
            <Json value={data.schema} />
          </details>
        )}
      </div>
    </Dialog>
  );
}
