import { ArrowDown, ArrowUp, SlidersHorizontal } from "lucide-react";
import type { ReactNode } from "react";
import type { LeadSettings, ProviderInfo, ProviderKind } from "@/data/leads";
import { Button } from "@/ui/Button";
import { Tag } from "@/ui/Tag";

/** The providers of a kind: those that are asked, in order, then the others. */
export function ProviderList({ kind, settings, onChange, onOptions }: { kind: ProviderKind; settings: LeadSettings; onChange: (names: string[]) => void; onOptions: (provider: ProviderInfo) => void }) {
  const able = settings.providers.filter((one) => one.kinds.includes(kind));
  const names = settings.choices[kind] ?? settings.order[kind];
  const asked = names.flatMap((name) => able.find((one) => one.name === name) ?? []);
  const others = able.filter((one) => !asked.includes(one));
  // Who needs no key is asked last, whatever is chosen.
  const last = settings.order[kind].at(-1);
  const move = (at: number, by: number) => {
    const next = [...names];
    const [one] = next.splice(at, 1);
    if (one !== undefined) next.splice(at + by, 0, one);
    onChange(next);
  };
  return (
    <ul className="flex flex-col p-2">
      {asked.map((provider, at) => {
        const isLast = provider.name === last;
        return (
          <Provider key={provider.name} provider={provider} number={at + 1} onOptions={onOptions}>
            {isLast ? (
              <span className="px-2 text-xs text-fg-3">when nobody else is asked</span>
            ) : (
              <>
                <Button tone="quiet" aria-label={`${provider.title}: earlier`} icon={<ArrowUp />} disabled={at === 0} onClick={() => move(at, -1)} />
                <Button tone="quiet" aria-label={`${provider.title}: later`} icon={<ArrowDown />} disabled={at + 1 >= asked.length || asked[at + 1]?.name === last} onClick={() => move(at, 1)} />
                <Button tone="quiet" onClick={() => onChange(names.filter((name) => name !== provider.name))}>
                  Leave out
                </Button>
              </>
            )}
          </Provider>
        );
      })}
      {others.map((provider) => (
        <Provider key={provider.name} provider={provider} onOptions={onOptions}>
          <Button tone="quiet" onClick={() => onChange([...names.filter((name) => name !== last), provider.name, ...(last && names.includes(last) ? [last] : [])])}>
            Use
          </Button>
        </Provider>
      ))}
    </ul>
  );
}

function Provider({ provider, number, onOptions, children }: { provider: ProviderInfo; number?: number; onOptions: (provider: ProviderInfo) => void; children: ReactNode }) {
  const hasOptions = provider.name.startsWith("http:") || Object.keys(provider.optionsSchema.properties ?? {}).length > 0;
  return (
    <li className="flex gap-2 rounded-control px-2 py-1.5 hover:bg-hover max-sm:flex-wrap">
      <span className="w-5 shrink-0 text-right text-fg-3">{number}</span>
      <div className="min-w-0 flex-1 max-sm:basis-4/5">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className={number ? "font-semibold" : "text-fg-2"}>{provider.title}</span>
          <Tag {...(provider.ready ? { className: "text-ok" } : {})}>{provider.ready ? "ready" : provider.needs.length > 0 ? `needs ${provider.needs.join(", ")}` : "not ready"}</Tag>
        </p>
        <p className="text-xs text-fg-3">{[provider.price, provider.note].filter(Boolean).join(" · ")}</p>
      </div>
      <span className="ml-auto flex shrink-0 items-start">
        {hasOptions && <Button tone="quiet" icon={<SlidersHorizontal />} aria-label={`Options of ${provider.title}`} title="Options" onClick={() => onOptions(provider)} />}
        {children}
      </span>
    </li>
  );
}
