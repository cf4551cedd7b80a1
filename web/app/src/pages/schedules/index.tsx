import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { CalendarClock, Plus } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/data/may";
import { schedulesQuery } from "@/data/schedules";
import { plural } from "@/format/number";
import { useFresh } from "@/live/useFresh";
import { Button } from "@/ui/Button";
import { Code } from "@/ui/Code";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Header, Page } from "@/ui/Page";
import { Search } from "@/ui/Search";
import { ScheduleForm } from "./ScheduleForm";
import { ScheduleTable } from "./ScheduleTable";

const EXAMPLE = `from runcast import task

@task(schedule="0 9 * * 1-5")
async def digest() -> None: ...`;

/** All schedules: when they start runs, and how the last one went. */
export default function Schedules() {
  const mayAct = useMay("operator");
  const navigate = useNavigate();
  const [page, setPage] = useState(1);
  const [text, setText] = useState("");
  const [isMaking, setMaking] = useState(false);
  const { data, error, refetch } = useQuery(schedulesQuery(page));
  useFresh("runs", ["schedules"], 2_000);
  const all = data?.data ?? [];
  const fits = (words: string) => words.toLowerCase().includes(text.toLowerCase());
  const shown = all.filter((one) => fits([one.task, one.deduplicationKey, one.externalId, one.generator.description].join(" ")));
  return (
    <Page
      title="Schedules"
      header={
        <Header
          title="Schedules"
          actions={
            <>
              {all.length > 8 && <Search label="Find a schedule" value={text} onChange={setText} />}
              {mayAct && (
                <Button tone="primary" icon={<Plus />} shortcut="n" onClick={() => setMaking(true)}>
                  New schedule
                </Button>
              )}
            </>
          }
        >
          {data && data.pagination.count > 0 && <span className="text-fg-3">{plural(data.pagination.count, "schedule")}</span>}
        </Header>
      }
    >
      {error && !data && <Failure error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton />}
      {data && all.length === 0 && (
        <Empty icon={<CalendarClock />} title="No schedule yet">
          <p className="mb-3">A schedule starts runs of a task at the times of a cron rule. Write it beside the task, or make one here:</p>
          <Code text={EXAMPLE} wrap={false} className="text-left" />
        </Empty>
      )}
      {all.length > 0 && shown.length === 0 && <Empty title={`No schedule matches “${text}”`} action={<Button onClick={() => setText("")}>Clear</Button>} />}
      {shown.length > 0 && <ScheduleTable schedules={shown} onOpen={(one) => void navigate({ to: "/schedules/$id", params: { id: one.id } })} />}
      {data && data.pagination.totalPages > 1 && (
        <nav aria-label="Pages" className="flex items-center justify-center gap-3 p-3">
          <Button disabled={page === 1} onClick={() => setPage(page - 1)}>
            Previous
          </Button>
          {page} of {data.pagination.totalPages}
          <Button disabled={page >= data.pagination.totalPages} onClick={() => setPage(page + 1)}>
            Next
          </Button>
        </nav>
      )}
      {isMaking && <ScheduleForm onClose={() => setMaking(false)} />}
    </Page>
  );
}
