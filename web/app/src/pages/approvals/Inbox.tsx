import { useQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { useEffect, useState } from "react";
import type { Wait } from "@/data/waits";
import { openWaitsQuery } from "@/data/waits";
import { Code } from "@/ui/Code";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { useShortcuts } from "@/ui/shortcuts";
import { answerOf } from "./answer";
import { Bulk } from "./Bulk";
import { Card } from "./Card";
import { isPlain, useDeciding, yesAndNo } from "./deciding";

const EXAMPLE = `approval = await wait.create_token(
    bool, question=f"Publish {title}?", timeout="7d")
if await wait.for_token(approval).unwrap():
    ...`;

/** What waits for a decision, by the task that asks: the oldest question first. */
export function Inbox() {
  const { data, error, refetch } = useQuery(openWaitsQuery);
  const { leaving, decide } = useDeciding();
  const [current, setCurrent] = useState<string>();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const groups = Map.groupBy([...(data?.data ?? [])].reverse().filter((wait) => !leaving.has(wait.id)), (wait) => wait.taskIdentifier ?? "");
  const waits = [...groups.values()].flat();
  const at = Math.max(0, waits.findIndex((wait) => wait.id === current));
  const move = (by: number) => setCurrent(waits[Math.max(0, Math.min(waits.length - 1, at + by))]?.id);
  const select = (id: string, isOn: boolean) => setSelected((now) => new Set(isOn ? [...now, id] : [...now].filter((one) => one !== id)));
  const one = waits[at];
  useShortcuts([
    { keys: "j", label: "Next question", group: "Lists", repeats: true, run: () => move(1) },
    { keys: "k", label: "Previous question", group: "Lists", repeats: true, run: () => move(-1) },
    { keys: "x", label: "Select question", group: "Lists", run: () => one && select(one.id, !selected.has(one.id)) },
  ]);
  useEffect(() => {
    if (current) document.querySelector(`[data-wait="${CSS.escape(current)}"]`)?.scrollIntoView({ block: "nearest" });
  }, [current]);
  const chosen = waits.filter((wait) => selected.has(wait.id));
  const decideOne = (wait: Wait, answer: unknown, word: string) => {
    const next = waits[at + 1] ?? waits[at - 1];
    if (wait.id === one?.id) setCurrent(next?.id);
    decide([wait], () => answer, word);
  };
  const decideAll = (isYes: boolean) => {
    decide(chosen, (wait) => (isPlain(wait.form) ? answerOf(wait.form, isYes ? yesAndNo(wait.form).yes : yesAndNo(wait.form).no, {}) : undefined), isYes ? "Approved" : "Rejected");
    setSelected(new Set());
  };
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton />;
  if (waits.length === 0)
    return (
      <Empty icon={<ShieldCheck />} title="Nothing waits for you">
        <p className="mb-3">A run can ask a person before it goes on, and holds nothing while it waits:</p>
        <Code text={EXAMPLE} className="text-left" />
        <p className="mt-3">The question appears here, in mail with <code className="font-mono text-xs">approval.url</code>, and wherever else you send it.</p>
      </Empty>
    );
  return (
    <div className="mx-auto flex max-w-3xl flex-col gap-6 p-4 pb-24">
      {[...groups].map(([task, members]) => (
        <section key={task} aria-label={task || "Made outside of a run"} className="flex flex-col gap-3">
          <h2 className="flex items-center gap-2 font-semibold">
            {task || "Made outside of a run"}
            <span className="rounded-full bg-hover px-1.5 text-2xs text-fg-2">{members.length}</span>
          </h2>
          {members.map((wait) => (
            <Card
              key={wait.id}
              wait={wait}
              isCurrent={wait === one}
              isSelected={selected.has(wait.id)}
              onSelect={(isOn) => select(wait.id, isOn)}
              onOpen={() => setCurrent(wait.id)}
              onDecide={decideOne}
            />
          ))}
        </section>
      ))}
      {chosen.length > 0 && <Bulk waits={chosen} onDecide={decideAll} onClear={() => setSelected(new Set())} />}
    </div>
  );
}
