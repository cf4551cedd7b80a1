import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Bug } from "lucide-react";
import type { ErrorPeriod } from "@/data/errors";
import { ERROR_PERIODS, errorsQuery } from "@/data/errors";
import { tasksQuery } from "@/data/tasks";
import { plural } from "@/format/number";
import { Button } from "@/ui/Button";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Select } from "@/ui/Field";
import { Header, Page } from "@/ui/Page";
import { ErrorRows } from "./ErrorRows";
import type { ErrorSearch } from "./search";

const route = getRouteApi("/errors");
const PERIOD_WORDS: Record<ErrorPeriod, string> = { "1h": "Last hour", "24h": "Last 24 h", "7d": "Last 7 days", "30d": "Last 30 days" };

/** What fails: errors that look the same are one, with a count. */
export default function Errors() {
  const search = route.useSearch();
  const { period = "7d", task } = search;
  const navigate = useNavigate();
  const choose = (change: ErrorSearch) => void navigate({ to: "/errors", search: { ...search, ...change }, replace: true });
  const { data, error, refetch } = useQuery(errorsQuery(period, task));
  const { data: tasks } = useQuery(tasksQuery);
  const runs = data?.data.reduce((sum, group) => sum + group.count, 0) ?? 0;
  return (
    <Page
      title="Errors"
      header={
        <Header title="Errors">
          <Select aria-label="Time" value={period} onChange={(event) => choose({ period: event.target.value as ErrorPeriod })}>
            {ERROR_PERIODS.map((one) => (
              <option key={one} value={one}>
                {PERIOD_WORDS[one]}
              </option>
            ))}
          </Select>
          <Select aria-label="Task" value={task ?? ""} className="max-w-48" onChange={(event) => choose({ task: event.target.value })}>
            <option value="">All tasks</option>
            {tasks?.data.map((one) => (
              <option key={one.name}>{one.name}</option>
            ))}
          </Select>
          <span aria-live="polite" className="text-fg-3">
            {data && runs > 0 && `${plural(data.data.length, "kind")} of error in ${plural(runs, "failed run")}${data.complete ? "" : ", the newest of more"}`}
          </span>
        </Header>
      }
    >
      {data ? (
        data.data.length > 0 ? (
          <ErrorRows groups={data.data} label="Errors" withTask />
        ) : (
          <Empty icon={<Bug />} title="Nothing failed" action={task || period !== "30d" ? <Button onClick={() => choose({ period: "30d", task: "" })}>Show the last 30 days of all tasks</Button> : undefined}>
            Runs that fail, crash or time out appear here, grouped by what went wrong: messages that differ only in numbers and ids count as one.
          </Empty>
        )
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton />
      )}
    </Page>
  );
}
