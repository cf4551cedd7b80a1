import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { AnswerForm, Option, Wait } from "@/data/waits";
import { answerWait } from "@/data/waits";
import { plural } from "@/format/number";
import { doUnlessUndone } from "@/ui/toast";

/** What a question is called where nobody wrote one. */
export const questionOf = (wait: Wait): string => wait.question ?? (wait.taskIdentifier ? `${wait.taskIdentifier} asks for a decision` : "A decision is asked for");

/** The buttons that `A` and `D` press. */
export function yesAndNo(form: AnswerForm | undefined): { yes: Option | undefined; no: Option | undefined } {
  const options = form?.options ?? [];
  return { yes: options.find((one) => !one.isRefusal), no: options.find((one) => one.isRefusal) };
}

/** Whether nothing has to be typed before a button is pressed. */
export const isPlain = (form: AnswerForm | undefined): form is AnswerForm => form !== undefined && form.options.length > 0 && form.fields.every((field) => !field.required);

/** Decisions go out after a moment, in which they can be taken back; until then they are not shown as open. */
export function useDeciding(): { leaving: ReadonlySet<string>; decide: (waits: readonly Wait[], answer: (wait: Wait) => unknown, word: string) => void } {
  const client = useQueryClient();
  const [leaving, setLeaving] = useState<ReadonlySet<string>>(new Set());
  const decide = (waits: readonly Wait[], answer: (wait: Wait) => unknown, word: string) => {
    const ids = waits.map((wait) => wait.id);
    const first = waits[0];
    if (!first) return;
    const back = () => setLeaving((now) => new Set([...now].filter((id) => !ids.includes(id))));
    setLeaving((now) => new Set([...now, ...ids]));
    const send = async () => {
      await Promise.all(waits.map((wait) => answerWait(wait.id, answer(wait))));
      await client.invalidateQueries({ queryKey: ["waits"] });
      back();
    };
    doUnlessUndone(`${word}: ${waits.length === 1 ? questionOf(first) : plural(waits.length, "question")}`, send, back);
  };
  return { leaving, decide };
}
