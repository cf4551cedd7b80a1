import { Link, useNavigate } from "@tanstack/react-router";
import type { ErrorGroup } from "@/data/errors";
import { count, plural } from "@/format/number";
import { Bars } from "@/ui/Bars";
import type { Column } from "@/ui/Table";
import { Table } from "@/ui/Table";
import { Ago } from "@/ui/Time";

/** Kinds of errors, one a row. */
export function ErrorRows({ groups, label, withTask }: { groups: readonly ErrorGroup[]; label: string; withTask?: boolean }) {
  const navigate = useNavigate();
  return <Table label={label} rows={groups} columns={columnsOf(withTask ?? false)} keyOf={(group) => group.fingerprint} onOpen={(group) => void navigate({ to: "/errors/$fingerprint", params: { fingerprint: group.fingerprint } })} />;
}

function columnsOf(withTask: boolean): Column<ErrorGroup>[] {
  const all: (Column<ErrorGroup> | false)[] = [
    {
      key: "error",
      label: "Error",
      className: "w-full max-w-0 min-w-36",
      cell: (group) => (
        <span className="flex min-w-0 flex-col">
          <Link to="/errors/$fingerprint" params={{ fingerprint: group.fingerprint }} className="truncate font-medium text-bad hover:underline">
            {group.error.name ?? "Error"}
          </Link>
          <span className="truncate text-xs text-fg-2" title={group.error.message}>
            {group.error.message}
          </span>
        </span>
      ),
    },
    withTask && {
      key: "task",
      label: "Task",
      isWide: true,
      cell: (group) => (
        <Link to="/tasks/$name" params={{ name: group.taskIdentifier }} className="whitespace-nowrap hover:underline">
          {group.taskIdentifier}
        </Link>
      ),
    },
    {
      key: "when",
      label: "When",
      isWide: true,
      className: "min-w-44",
      cell: (group) => <Bars label={`When it happened: ${plural(group.count, "run")}`} bars={group.buckets.map((value) => ({ pieces: [{ hue: "bad", value }], title: plural(value, "run") }))} />,
    },
    { key: "count", label: "Runs", className: "text-right", cell: (group) => count(group.count) },
    { key: "first", label: "First", isWide: true, className: "max-lg:hidden", cell: (group) => <Ago at={group.firstSeen} className="whitespace-nowrap text-fg-2" /> },
    { key: "last", label: "Last", cell: (group) => <Ago at={group.lastSeen} className="whitespace-nowrap text-fg-2" /> },
  ];
  return all.filter((one) => one !== false);
}
