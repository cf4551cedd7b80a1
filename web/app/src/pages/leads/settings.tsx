import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowDown, ArrowUp } from "lucide-react";
import type { LeadSettings, ProviderInfo, ProviderKind } from "@/data/leads";
import { putSettings, settingsQuery } from "@/data/leads";
import { Button } from "@/ui/Button";
import { Failure, Skeleton } from "@/ui/Empty";
import { Header, Page, Section } from "@/ui/Page";
import { Tag } from "@/ui/Tag";
import { attempt } from "@/ui/toast";

const KINDS: readonly (readonly [ProviderKind, string, string])[] = [
  ["enrich", "Profiles", "Asked one after the other until the person is known"],
  ["research", "Research", "The first that is ready reads about the person and the company"],
  ["write", "Writing", "The first that is ready writes; a later one when an earlier one has no credit"],
];

/** Which providers are asked, and in which order. Keys are environment variables. */
export default function LeadSettingsPage() {
  const cache = useQueryClient();
  const { data, error, refetch } = useQuery(settingsQuery);
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton />;
  const choose = (kind: ProviderKind, names: string[]) => {
    const choices = { ...data.choices, [kind]: names };
    cache.setQueryData(settingsQuery.queryKey, { ...data, choices });
    void attempt("The order could not be saved", () => putSettings(choices)).finally(() => void refetch());
  };
  const title = (
    <>
      <Link to="/leads" className="font-normal text-fg-3 hover:text-fg">
        Leads
      </Link>
      <span className="text-fg-3">/</span> Settings
    </>
  );
  return (
    <Page title="Settings of Leads" header={<Header title={title} />}>
      <div className="mx-auto flex max-w-3xl flex-col gap-4 p-4">
        <p className="text-fg-2">
          A provider is ready when its key is among the environment variables of the worker, or of{" "}
          <Link to="/settings" className="text-accent underline">
            this environment
          </Link>
          .
        </p>
        {KINDS.map(([kind, label, hint]) => (
          <Section key={kind} title={label}>
            <p className="px-4 pt-3 text-xs text-fg-3">{hint}</p>
            <Order kind={kind} settings={data} onChange={(names) => choose(kind, names)} />
          </Section>
        ))}
      </div>
    </Page>
  );
}

function Order({ kind, settings, onChange }: { kind: ProviderKind; settings: LeadSettings; onChange: (names: string[]) => void }) {
  const able = settings.providers.filter((one) => one.kinds.includes(kind));
  const names = settings.choices[kind] ?? settings.order[kind];
  const chosen = names.flatMap((name) => able.find((one) => one.name === name) ?? []);
  const others = able.filter((one) => !names.includes(one.name));
  const move = (at: number, by: number) => {
    const next = [...names];
    const [one] = next.splice(at, 1);
    if (one !== undefined) next.splice(at + by, 0, one);
    onChange(next);
  };
  return (
    <ul className="flex flex-col p-2">
      {chosen.map((provider, at) => (
        <Provider key={provider.name} provider={provider} number={at + 1}>
          <Button tone="quiet" aria-label={`${provider.title}: earlier`} icon={<ArrowUp />} disabled={at === 0} onClick={() => move(at, -1)} />
          <Button tone="quiet" aria-label={`${provider.title}: later`} icon={<ArrowDown />} disabled={at === chosen.length - 1} onClick={() => move(at, 1)} />
          <Button tone="quiet" onClick={() => onChange(names.filter((name) => name !== provider.name))}>
            Leave out
          </Button>
        </Provider>
      ))}
      {others.map((provider) => (
        <Provider key={provider.name} provider={provider}>
          <Button tone="quiet" onClick={() => onChange([...names, provider.name])}>
            Use
          </Button>
        </Provider>
      ))}
    </ul>
  );
}

function Provider({ provider, number, children }: { provider: ProviderInfo; number?: number; children: React.ReactNode }) {
  return (
    <li className="flex flex-wrap items-center gap-2 rounded-control px-2 py-1.5 hover:bg-hover">
      <span className="w-5 text-right text-fg-3">{number}</span>
      <span className={number ? "font-semibold" : "text-fg-3"}>{provider.title}</span>
      <Tag {...(provider.ready ? { className: "text-ok" } : {})}>{provider.ready ? "ready" : provider.needs.length > 0 ? `needs ${provider.needs.join(", ")}` : "not ready"}</Tag>
      {provider.price && <span className="text-xs text-fg-3">{provider.price}</span>}
      {provider.note && <span className="w-full pl-7 text-xs text-fg-3">{provider.note}</span>}
      <span className="ml-auto flex">{children}</span>
    </li>
  );
}
