import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Ban, Download, Plus, RotateCcw } from "lucide-react";
import { useEffect } from "react";
import type { Lead } from "@/data/leads";
import { cancelBatch, hrefOf, leadsQuery, retryBatch } from "@/data/leads";
import { duration } from "@/format/duration";
import { money, percent, plural } from "@/format/number";
import { useFresh } from "@/live/useFresh";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/class";
import { Failure, Skeleton } from "@/ui/Empty";
import { Header, Page } from "@/ui/Page";
import type { Hue } from "@/ui/Status";
import { HUE_BAR, lookOf, Status } from "@/ui/Status";
import { attempt, doUnlessUndone } from "@/ui/toast";
import { LeadView } from "./lead/LeadView";
import { shownLead } from "./steps";
import { LIVE, useLiveLeads } from "./useLiveLeads";

const hueOf = (lead: Lead) => lookOf(shownLead(lead.status)).hue;

/** The leads that were given together: their totals, the list, and the one that is looked at. */
export function BatchView({ batch, chosen, status }: { batch: string; chosen: string | undefined; status: string | undefined }) {
  const navigate = useNavigate();
  const cache = useQueryClient();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(leadsQuery({ batch, status }));
  const leads = useLiveLeads(data?.pages.flatMap((page) => page.data), batch);
  const reread = () => void cache.invalidateQueries({ queryKey: ["leads", "list"] });
  useFresh("topic:leads.leads", ["leads", "list"]);
  // A batch is at most a thousand: its totals are of all of them.
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />;
  if (leads === undefined) return <Skeleton />;
  const failed = leads.filter((lead) => hueOf(lead) === "bad");
  const going = leads.filter((lead) => LIVE.has(lead.status));
  const shown = leads.find((lead) => lead.id === chosen) ?? leads.find((lead) => lead.status === "running") ?? leads[0];
  const look = (lead: Lead) => void navigate({ to: "/leads", search: { batch, lead: lead.id }, replace: true });
  const retryFailed = () => void attempt("Not all could be retried", () => retryBatch(batch)).then(reread);
  const cancelAll = () => doUnlessUndone(`${plural(going.length, "lead")} will be canceled`, () => cancelBatch(batch));
  const actions = (
    <>
      {going.length > 0 && (
        <Button tone="danger" icon={<Ban />} onClick={cancelAll}>
          Cancel all
        </Button>
      )}
      {going.length === 0 && (
        <a href={hrefOf(`/api/leads/batches/${batch}/report`)} download className="inline-flex h-7 items-center gap-1.5 rounded-control border border-line-strong bg-panel px-2.5 font-medium hover:bg-hover max-sm:h-9">
          <Download aria-hidden className="size-3.5" /> Report
        </a>
      )}
      {failed.length > 0 && (
        <Button tone="primary" icon={<RotateCcw />} onClick={retryFailed}>
          Retry failed
        </Button>
      )}
      <Button icon={<Plus />} shortcut="n" onClick={() => void navigate({ to: "/leads/new" })}>
        New leads
      </Button>
    </>
  );
  return (
    <Page
      title={going.length > 0 ? `(${percent((leads.length - going.length) / leads.length)}) Batch of ${leads.length}` : `Batch of ${leads.length}`}
      className="flex flex-col"
      header={
        <Header
          title={
            <>
              <Link to="/leads" className="font-normal text-fg-3 hover:text-fg">
                Leads
              </Link>
              <span className="text-fg-3">/</span> Batch of {leads.length}
            </>
          }
          actions={actions}
        >
          <Totals leads={leads} remainingS={going.length > 0 ? (data?.pages[0]?.batch?.totals.remainingS ?? null) : null} />
        </Header>
      }
    >
      <BatchBar leads={leads} />
      <div className="flex min-h-0 flex-1 max-sm:flex-col max-sm:overflow-auto">
        <ul aria-label="Leads of the batch" className="w-64 shrink-0 overflow-y-auto border-r border-line bg-panel max-sm:max-h-44 max-sm:w-full max-sm:border-r-0 max-sm:border-b">
          {leads.map((lead) => (
            <li key={lead.id}>
              <button type="button" aria-current={lead.id === shown?.id} onClick={() => look(lead)} className={cx("flex w-full items-center gap-3 border-b border-line px-4 py-2.5 text-left hover:bg-hover", lead.id === shown?.id && "bg-active")}>
                <Status status={shownLead(lead.status)} iconOnly />
                <span className="min-w-0 flex-1">
                  <span className="block truncate font-semibold">{lead.name || lead.slug}</span>
                  <span className="block truncate text-xs text-fg-3">{[lead.company, lookOf(shownLead(lead.status)).word].filter(Boolean).join(" · ")}</span>
                </span>
                {hueOf(lead) === "run" && <span className="text-xs text-fg-2">{Math.floor(lead.progress)}%</span>}
              </button>
            </li>
          ))}
        </ul>
        <div className="min-w-0 flex-1 max-sm:flex-none">{shown && <LeadView key={shown.id} id={shown.id} crumbs={false} />}</div>
      </div>
    </Page>
  );
}

const BARS: readonly Hue[] = ["ok", "bad", "wait", "run"];

/** How many are done, failed, asked about, and how far the others are, beside each other. */
function BatchBar({ leads }: { leads: readonly Lead[] }) {
  const shares = new Map<Hue, number>();
  for (const lead of leads) {
    const hue = hueOf(lead);
    const isEnded = !LIVE.has(lead.status);
    shares.set(hue, (shares.get(hue) ?? 0) + (isEnded || hue === "wait" ? 100 : lead.progress));
  }
  const ended = leads.filter((lead) => !LIVE.has(lead.status)).length;
  return (
    <div role="progressbar" aria-label="The batch" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.floor((100 * ended) / (leads.length || 1))} className="flex h-1.5 shrink-0 overflow-hidden bg-hover">
      {BARS.map((hue) => (
        <div key={hue} className={cx("h-full transition-[width] duration-150", HUE_BAR[hue], hue === "run" && "striped")} style={{ width: `${(shares.get(hue) ?? 0) / (leads.length || 1)}%` }} />
      ))}
    </div>
  );
}

/** How the batch stands, in one line. */
function Totals({ leads, remainingS }: { leads: readonly Lead[]; remainingS: number | null }) {
  const numbers = new Map<string, number>();
  for (const lead of leads) {
    const word = lookOf(shownLead(lead.status)).word.toLowerCase();
    numbers.set(word, (numbers.get(word) ?? 0) + 1);
  }
  const spent = leads.reduce((sum, lead) => sum + lead.costUsd, 0);
  return (
    <p aria-live="polite" className="text-xs text-fg-2">
      {[...[...numbers].map(([word, n]) => `${n} ${word}`), money(spent * 100), remainingS !== null && `~${duration(remainingS * 1_000)} left`].filter(Boolean).join(" · ")}
    </p>
  );
}
