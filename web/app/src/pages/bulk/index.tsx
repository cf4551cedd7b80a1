import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Layers2 } from "lucide-react";
import type { Bulk } from "@/data/runs";
import { bulksQuery } from "@/data/runs";
import { count } from "@/format/number";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Header, Page } from "@/ui/Page";
import type { Column } from "@/ui/Table";
import { Table } from "@/ui/Table";
import { Ago } from "@/ui/Time";
import { BulkProgress, BulkState, VERBS } from "./parts";

const COLUMNS: Column<Bulk>[] = [
  { key: "status", label: "Status", className: "w-32", cell: (bulk) => <BulkState bulk={bulk} /> },
  { key: "what", label: "Action", cell: (bulk) => <span className="font-semibold">{`${VERBS[bulk.type]} ${count(bulk.counts.total)} runs`}</span> },
  { key: "name", label: "Name", isWide: true, cell: (bulk) => <span className="text-fg-2">{bulk.name}</span> },
  { key: "progress", label: "Progress", isWide: true, className: "w-64", cell: (bulk) => <BulkProgress bulk={bulk} /> },
  { key: "at", label: "Started", className: "w-28", cell: (bulk) => <Ago at={bulk.createdAt} className="whitespace-nowrap text-fg-2" /> },
];

/** What was done to many runs at once. */
export default function BulkActions() {
  const { data, error, refetch } = useQuery(bulksQuery);
  const navigate = useNavigate();
  return (
    <Page title="Bulk actions" header={<Header title="Bulk actions" />}>
      {data && data.data.length > 0 && <Table label="Bulk actions" rows={data.data} columns={COLUMNS} keyOf={(bulk) => bulk.id} onOpen={(bulk) => void navigate({ to: "/bulk/$bulkId", params: { bulkId: bulk.id } })} />}
      {data?.data.length === 0 && (
        <Empty icon={<Layers2 />} title="No bulk actions yet">
          Select runs in the list with <kbd className="font-mono">x</kbd>, or all that match a filter, to cancel, replay or retry them together. What becomes of it is shown here.
        </Empty>
      )}
      {!data && error && <Failure error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton />}
    </Page>
  );
}
