import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { RotateCw, Send } from "lucide-react";
import type { Delivery } from "@/data/alerts";
import { channelsQuery, deliveriesQuery, retryDelivery } from "@/data/alerts";
import { useMay } from "@/data/may";
import { duration } from "@/format/duration";
import { plural } from "@/format/number";
import { Button } from "@/ui/Button";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Select } from "@/ui/Field";
import { More } from "@/ui/More";
import { Status } from "@/ui/Status";
import type { Column } from "@/ui/Table";
import { Table } from "@/ui/Table";
import { Ago } from "@/ui/Time";
import { attempt } from "@/ui/toast";

const route = getRouteApi("/alerts");

/** What was told where, with every try at it. */
export function Deliveries() {
  const { channel } = route.useSearch();
  const navigate = useNavigate();
  const { data: channels = [] } = useQuery(channelsQuery);
  const deliveries = useInfiniteQuery(deliveriesQuery(channel));
  const columns = useColumns(new Map(channels.map((one) => [one.id, one.name])));
  const rows = deliveries.data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <>
      {channels.length > 0 && (
        <div className="border-b border-line px-4 py-2">
          <Select aria-label="Channel" value={channel ?? ""} onChange={(event) => void navigate({ to: "/alerts", search: { tab: "deliveries", ...(event.target.value ? { channel: event.target.value } : {}) }, replace: true })}>
            <option value="">All channels</option>
            {channels.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </Select>
        </div>
      )}
      {deliveries.data ? (
        rows.length > 0 ? (
          <>
            <Table label="Deliveries" rows={rows} columns={columns} keyOf={(one) => one.id} />
            <More pages={deliveries} />
          </>
        ) : (
          <Empty icon={<Send />} title="Nothing has been delivered yet">
            An alert goes to its channels as soon as it is raised, and is tried again for half a day where it does not arrive. Every try is shown here.
          </Empty>
        )
      ) : deliveries.error ? (
        <Failure error={deliveries.error} onRetry={() => void deliveries.refetch()} />
      ) : (
        <Skeleton />
      )}
    </>
  );
}

function useColumns(names: ReadonlyMap<string, string>): Column<Delivery>[] {
  const client = useQueryClient();
  const mayRetry = useMay("operator");
  const retry = async (one: Delivery) => {
    await attempt("The delivery could not be tried again", () => retryDelivery(one.id));
    await client.invalidateQueries({ queryKey: ["alerts", "deliveries"] });
  };
  return [
    { key: "status", label: "Status", className: "w-32", cell: (one) => <Outcome delivery={one} /> },
    { key: "what", label: "What", cell: (one) => (one.event === undefined ? <span className="text-fg-2">a test</span> : one.alert) },
    { key: "channel", label: "Channel", isWide: true, cell: (one) => names.get(one.channel) ?? <span className="text-fg-3">deleted</span> },
    { key: "last", label: "Last try", cell: (one) => <LastTry delivery={one} /> },
    { key: "tries", label: "Tries", isWide: true, className: "text-right", cell: (one) => one.attempts.length },
    { key: "created", label: "Created", isWide: true, cell: (one) => <Ago at={one.createdAt} className="whitespace-nowrap text-fg-2" /> },
    {
      key: "retry",
      label: <span className="sr-only">Try again</span>,
      className: "w-28 text-right",
      cell: (one) =>
        one.status === "FAILED" &&
        mayRetry && (
          <Button icon={<RotateCw />} onClick={() => void retry(one)}>
            Try again
          </Button>
        ),
    },
  ];
}

function Outcome({ delivery }: { delivery: Delivery }) {
  if (delivery.status === "DELIVERED") return <Status status="COMPLETED" word="Delivered" />;
  if (delivery.status === "FAILED") return <Status status="FAILED" />;
  return delivery.attempts.some((one) => one.error) ? <Status status="RETRYING" /> : <Status status="EXECUTING" word="On its way" />;
}

function LastTry({ delivery }: { delivery: Delivery }) {
  const last = delivery.attempts.at(-1);
  const title = delivery.attempts.map((one) => `${one.number}: ${one.error ?? one.status ?? "under way"}`).join("\n");
  if (!last) return <span className="text-fg-3">{plural(0, "try", "tries")}</span>;
  return (
    <span className="flex max-w-[50ch] min-w-0 flex-col max-sm:max-w-[40vw]" title={title}>
      <span className={last.error ? "truncate text-bad" : "truncate text-fg-2"}>{last.error ?? (last.status === undefined ? "under way" : `answered ${last.status}`)}</span>
      <span className="truncate text-xs text-fg-3">
        {last.durationMs !== undefined && `in ${duration(last.durationMs)}`}
        {delivery.status === "PENDING" && delivery.nextAttemptAt && (
          <>
            {" · again "}
            <Ago at={delivery.nextAttemptAt} />
          </>
        )}
      </span>
    </span>
  );
}
