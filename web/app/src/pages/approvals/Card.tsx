import { Link } from "@tanstack/react-router";
import { Braces, Check, X } from "lucide-react";
import { useState } from "react";
import type { Option, Wait } from "@/data/waits";
import { useMay } from "@/data/may";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/class";
import { Tag } from "@/ui/Tag";
import { Ago } from "@/ui/Time";
import { answerOf } from "./answer";
import { Context } from "./Context";
import { Deadline } from "./Deadline";
import { questionOf, yesAndNo } from "./deciding";
import { Fields } from "./Fields";
import { JsonAnswer } from "./JsonAnswer";

interface CardProps {
  wait: Wait;
  isCurrent: boolean;
  /** The only one of its page. */
  isAlone?: boolean;
  isSelected?: boolean;
  onSelect?: (isSelected: boolean) => void;
  onOpen?: () => void;
  onDecide: (wait: Wait, answer: unknown, word: string) => void;
}

/** One question: what it is about, who asks, until when, and the answers. The one at hand shows its context, and its keys. */
export function Card({ wait, isCurrent, isAlone, isSelected, onSelect, onOpen, onDecide }: CardProps) {
  const mayAct = useMay("operator");
  const [values, setValues] = useState<Record<string, unknown>>({});
  const [isEditing, setEditing] = useState(false);
  const form = wait.form;
  const Heading = isAlone ? "h2" : "h3";
  const { yes, no } = yesAndNo(form);
  const press = (option: Option | undefined, word: string) => form && onDecide(wait, answerOf(form, option, values), word);
  const isMissing = (form?.fields ?? []).some((field) => field.required && field.kind !== "flag" && (values[field.name] ?? field.default ?? "") === "");
  const look = (option: Option, index: number) => ({
    tone: option.isRefusal ? ("danger" as const) : index === 0 && isCurrent ? ("primary" as const) : ("plain" as const),
    ...(option.isRefusal ? { icon: <X /> } : index === 0 ? { icon: <Check /> } : {}),
    ...(isCurrent && option === yes ? { shortcut: "a" } : isCurrent && option === no ? { shortcut: "d" } : {}),
  });
  return (
    <article
      data-wait={wait.id}
      aria-label={questionOf(wait)}
      onClick={onOpen}
      className={cx("rounded-card border bg-panel", isCurrent ? "border-accent" : "border-line", onOpen && !isCurrent && "cursor-pointer hover:border-line-strong")}
    >
      <div className="flex items-start gap-3 p-4 pb-2">
        {onSelect && mayAct && <input type="checkbox" aria-label={`Select ${questionOf(wait)}`} checked={isSelected} onClick={(event) => event.stopPropagation()} onChange={(event) => onSelect(event.target.checked)} className="mt-1 size-4 accent-(--accent)" />}
        <div className="min-w-0 flex-1">
          <Heading className="text-base font-semibold break-words">{questionOf(wait)}</Heading>
          <p className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-fg-3">
            <span>
              asked{" "}
              {wait.runId && (
                <>
                  by{" "}
                  <Link to="/runs/$runId" params={{ runId: wait.runId }} className="text-fg-2 underline decoration-line-strong hover:text-fg">
                    {wait.taskIdentifier ?? "a run"}
                  </Link>{" "}
                </>
              )}
              <Ago at={wait.createdAt} />
            </span>
            {wait.timeoutAt && <Deadline at={wait.timeoutAt} />}
            {wait.tags.map((tag) => (
              <Tag key={tag}>{tag}</Tag>
            ))}
          </p>
        </div>
      </div>
      {isCurrent && (wait.runId || (form && form.fields.length > 0)) && (
        <div className="flex flex-col gap-4 px-4 py-2">
          {wait.runId && <Context runId={wait.runId} />}
          {mayAct && form && <Fields fields={form.fields} values={values} onChange={setValues} />}
        </div>
      )}
      {mayAct ? (
        <div className="flex flex-wrap items-center gap-2 p-4 pt-2">
          {form?.options.map((option, index) => (
            <Button key={option.label} {...look(option, index)} disabled={isMissing} onClick={() => press(option, option.label)}>
              {option.label}
            </Button>
          ))}
          {form && form.options.length === 0 && (
            <Button tone={isCurrent ? "primary" : "plain"} disabled={isMissing} onClick={() => press(undefined, "Answered")}>
              Send answer
            </Button>
          )}
          <Button tone={form ? "quiet" : "plain"} icon={<Braces />} {...(isCurrent ? { shortcut: "e" } : {})} onClick={() => setEditing(true)}>
            {form ? "Edit…" : "Answer in JSON…"}
          </Button>
        </div>
      ) : (
        <p className="px-4 pt-1 pb-4 text-xs text-fg-3">You may read this. To answer takes the role operator.</p>
      )}
      {isEditing && <JsonAnswer wait={wait} onClose={() => setEditing(false)} onAnswer={(value) => onDecide(wait, value, "Answered")} />}
    </article>
  );
}
