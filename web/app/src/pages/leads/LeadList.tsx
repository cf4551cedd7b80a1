import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Plus, Settings2, Users } from "lucide-react";
import type { Lead } from "@/data/leads";
import { leadsQuery } from "@/data/leads";
import { money } from "@/format/number";
import { useFresh } from "@/live/useFresh";
import { Button } from "@/ui/Button";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Header, Page } from "@/ui/Page";
import { Progress } from "@/ui/Progress";
import { lookOf, Status } from "@/ui/Status";
import type { Column } from "@/ui/Table";
import { Table } from "@/ui/Table";
import { Ago } from "@/ui/Time";
import { shownLead } from "./steps";
import { StatusFilter } from "./StatusFilter";
import { useLiveLeads } from "./useLiveLeads";

const COLUMNS: readonly Column<Lead>[] = [
  { key: "status", label: "Status", cell: (lead) => <Status status={shownLead(lead.status)} />, className: "w-32" },
  {
    key: "name",
    label: "Lead",
    cell: (lead) => (
      <Link to="/leads/$leadId" params={{ leadId: lead.id }} className="block min-w-0">
        <span className="block truncate font-semibold">{lead.name || lead.slug}</span>
        <span className="block truncate text-xs text-fg-3">{[lead.title, lead.company].filter(Boolean).join(", ") || lead.linkedinUrl.replace("https://www.", "")}</span>
      </Link>
    ),
  },
  { key: "client", label: "Client", cell: (lead) => lead.client.name, isWide: true },
  {
    key: "progress",
    label: "Progress",
    cell: (lead) => {
      const hue = lookOf(shownLead(lead.status)).hue;
      if (hue === "bad") return <span className="line-clamp-1 text-bad">{lead.error?.message}</span>;
      return hue === "ok" ? null : (
        <span className="flex items-center gap-2">
          <Progress share={lead.progress / 100} label="How far" hue={hue === "idle" ? "run" : hue} isMoving={hue === "run"} className="w-24" />
          <span className="truncate text-xs text-fg-3">{lead.currentStep}</span>
        </span>
      );
    },
    isWide: true,
  },
  { key: "cost", label: "Cost", cell: (lead) => money(lead.costUsd * 100), isWide: true },
  { key: "created", label: "Created", cell: (lead) => <Ago at={lead.createdAt} className="text-fg-2" />, isWide: true },
];

/** All leads, the newest first. */
export function LeadList({ status }: { status: string | undefined }) {
  const navigate = useNavigate();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(leadsQuery({ status }));
  const leads = useLiveLeads(data?.pages.flatMap((page) => page.data));
  useFresh("topic:leads.leads", ["leads", "list"]);
  const open = () => void navigate({ to: "/leads/new" });
  const actions = (
    <>
      <Link to="/leads/settings" aria-label="Settings of Leads" className="inline-flex size-7 items-center justify-center rounded-control text-fg-2 hover:bg-hover max-sm:size-9">
        <Settings2 aria-hidden className="size-4" />
      </Link>
      <Button tone="primary" icon={<Plus />} shortcut="n" onClick={open}>
        New leads
      </Button>
    </>
  );
  return (
    <Page title="Leads" header={<Header title="Leads" actions={actions} />}>
      <StatusFilter status={status} onChange={(next) => void navigate({ to: "/leads", search: next ? { status: next } : {} })} />
      {error && !data ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : leads === undefined ? (
        <Skeleton />
      ) : leads.length === 0 && status ? (
        <Empty title="No lead matches" action={<Button onClick={() => void navigate({ to: "/leads", search: {} })}>Clear the filter</Button>} />
      ) : leads.length === 0 ? (
        <Empty icon={<Users />} title="No leads yet" action={<Button tone="primary" onClick={open}>New leads</Button>}>
          Paste LinkedIn addresses, choose a client, and watch profile, research, e-mails and a landing page come together. Without any key it works with public facts and templates.
        </Empty>
      ) : (
        <Table label="Leads" rows={leads} columns={COLUMNS} keyOf={(lead) => lead.id} onOpen={(lead) => void navigate({ to: "/leads/$leadId", params: { leadId: lead.id } })} />
      )}
      {hasNextPage && (
        <div className="flex justify-center p-4">
          <Button isBusy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </Page>
  );
}
