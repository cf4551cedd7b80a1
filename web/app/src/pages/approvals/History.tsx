import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { History as Clock } from "lucide-react";
import type { Wait } from "@/data/waits";
import { decidedWaitsQuery } from "@/data/waits";
import { duration } from "@/format/duration";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { More } from "@/ui/More";
import { Status } from "@/ui/Status";
import { Table } from "@/ui/Table";
import { Ago } from "@/ui/Time";
import { said } from "./answer";
import { questionOf } from "./deciding";

/** Who decided what, and when. */
export function History() {
  const pages = useInfiniteQuery(decidedWaitsQuery);
  const navigate = useNavigate();
  const waits = pages.data?.pages.flatMap((page) => page.data) ?? [];
  if (pages.error && waits.length === 0) return <Failure error={pages.error} onRetry={() => void pages.refetch()} />;
  if (!pages.data) return <Skeleton />;
  if (waits.length === 0)
    return (
      <Empty icon={<Clock />} title="Nothing was decided yet">
        Every answer is kept here as long as its run is: what was asked, who said what, and how long it took.
      </Empty>
    );
  return (
    <>
      <Table
        label="Decisions"
        rows={waits}
        keyOf={(wait) => wait.id}
        onOpen={(wait) => void navigate({ to: "/approvals/$id", params: { id: wait.id } })}
        columns={[
          {
            key: "question",
            label: "Question",
            className: "w-full max-w-0 min-w-36",
            cell: (wait) => (
              <div className="min-w-0 py-1">
                <Link to="/approvals/$id" params={{ id: wait.id }} className="block truncate hover:underline">
                  {questionOf(wait)}
                </Link>
                <span className="block truncate text-xs text-fg-3 sm:hidden">
                  {byWords(wait)} {wait.completedAt && <Ago at={wait.completedAt} />}
                </span>
              </div>
            ),
          },
          { key: "task", label: "Task", isWide: true, cell: (wait) => <span className="text-fg-2">{wait.taskIdentifier ?? ""}</span> },
          { key: "answer", label: "Answer", className: "whitespace-nowrap", cell: (wait) => <Answer wait={wait} /> },
          { key: "by", label: "By", isWide: true, cell: (wait) => <span className="block max-w-48 truncate text-fg-2">{byWords(wait)}</span> },
          { key: "at", label: "When", isWide: true, className: "whitespace-nowrap", cell: (wait) => (wait.completedAt ? <Ago at={wait.completedAt} className="text-fg-3" /> : null) },
          { key: "took", label: "After", isWide: true, className: "whitespace-nowrap text-fg-3", cell: (wait) => (wait.completedAt ? duration(Date.parse(wait.completedAt) - Date.parse(wait.createdAt)) : "") },
        ]}
      />
      <More pages={pages} />
    </>
  );
}

/** How a question was decided: by the name of the button, or that nobody did. */
export function Answer({ wait }: { wait: Wait }) {
  if (wait.status === "TIMED_OUT") return <Status status="EXPIRED" word="Nobody answered" />;
  const words = said(wait.form, wait.answer) || "Answered";
  const isRefusal = wait.form?.options.some((option) => option.isRefusal && option.label === words);
  return <Status status={isRefusal ? "CANCELED" : "COMPLETED"} word={words.length > 24 ? `${words.slice(0, 24)}…` : words} />;
}

export function byWords(wait: Wait): string {
  if (wait.status === "TIMED_OUT") return "nobody";
  return wait.completedBy === "link" ? "whoever had the link" : (wait.completedBy ?? "a program");
}
