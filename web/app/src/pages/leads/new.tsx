import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Play } from "lucide-react";
import type { FormEvent } from "react";
import { useState } from "react";
import type { KnownPerson, LeadOptions } from "@/data/leads";
import { clientsQuery, createLeads, estimateLeads } from "@/data/leads";
import { duration } from "@/format/duration";
import { money, plural } from "@/format/number";
import { Button } from "@/ui/Button";
import { Checkbox, Field, Select, TextArea } from "@/ui/Field";
import { Header, Page, Section } from "@/ui/Page";
import { useShortcuts } from "@/ui/shortcuts";
import { ClientField } from "./form/ClientField";
import { CsvField } from "./form/CsvField";
import { LineResults } from "./form/LineResults";
import { accepted, useChecked } from "./form/useChecked";

const OPTIONS: LeadOptions = { generateEmails: true, generateOnePager: true, approval: false, emails: 2 };

/** Paste addresses, choose for whom, run. */
export default function NewLeads() {
  const navigate = useNavigate();
  const cache = useQueryClient();
  const { data: clients = [] } = useQuery(clientsQuery);
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState("");
  const [options, setOptions] = useState(OPTIONS);
  const [known, setKnown] = useState("");
  const [pages, setPages] = useState("");
  const [people, setPeople] = useState<KnownPerson[]>([]);
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const clientId = chosen || (clients.length === 1 ? (clients[0]?.id ?? "") : "");
  const { lines, isChecking } = useChecked(text, clientId || undefined);
  const urls = accepted(lines);
  const set = (change: Partial<LeadOptions>) => setOptions((before) => ({ ...before, ...change }));
  const missing = urls.length === 0 ? "Paste at least one valid address" : clientId === "" ? "Choose a client" : undefined;

  const run = async () => {
    if (missing) return setError(missing);
    setBusy(true);
    setError(undefined);
    try {
      const said = { ...(known.trim() ? { text: known } : {}), ...(pages.trim() ? { pages: pages.split(/\s+/).filter(Boolean) } : {}) };
      const typed = Object.keys(said).length > 0 ? urls.map((linkedinUrl) => ({ linkedinUrl, ...said })) : [];
      const created = await createLeads({ clientId, linkedinUrls: urls, people: [...people, ...typed], ...options });
      void cache.invalidateQueries({ queryKey: ["leads", "list"] });
      const only = created.leads.length === 1 ? created.leads[0] : undefined;
      if (only) await navigate({ to: "/leads/$leadId", params: { leadId: only.id } });
      else await navigate({ to: "/leads", search: { batch: created.batchId } });
    } catch (refusal) {
      setError(refusal instanceof Error ? refusal.message : String(refusal));
      setBusy(false);
    }
  };
  useShortcuts([{ keys: "mod+Enter", label: "Run workflow", inFields: true, run: () => void run() }]);

  return (
    <Page
      title="New leads"
      header={
        <Header
          title={
            <>
              <Link to="/leads" className="font-normal text-fg-3 hover:text-fg">
                Leads
              </Link>
              <span className="text-fg-3">/</span> New
            </>
          }
        />
      }
    >
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          void run();
        }}
        className="mx-auto flex max-w-3xl flex-col gap-4 p-4"
      >
        <Section title="Who">
          <div className="flex flex-col gap-3 p-4">
            <Field label="LinkedIn addresses">
              {(props) => <TextArea {...props} autoFocus rows={6} spellCheck={false} className="font-mono text-xs" placeholder={"https://www.linkedin.com/in/ada-lovelace\nhttps://www.linkedin.com/in/grace-hopper"} value={text} onChange={(event) => setText(event.target.value)} />}
            </Field>
            <LineResults lines={lines} isChecking={isChecking} />
            <details className="text-fg-2">
              <summary>What you know already</summary>
              <div className="mt-3 flex flex-col gap-3">
                <CsvField
                  onRead={(found) => {
                    setPeople(found);
                    setText((before) => [before.trim(), ...found.map((person) => person.linkedinUrl)].filter(Boolean).join("\n"));
                  }}
                />
                <Field label="Text" hint="Paste a profile or notes: facts are taken as you give them">
                  {(props) => <TextArea {...props} rows={4} value={known} onChange={(event) => setKnown(event.target.value)} />}
                </Field>
                <Field label="Public pages to read" hint="Addresses of a company or person, one a line">
                  {(props) => <TextArea {...props} rows={2} spellCheck={false} className="font-mono text-xs" value={pages} onChange={(event) => setPages(event.target.value)} />}
                </Field>
              </div>
            </details>
          </div>
        </Section>
        <Section title="For whom">
          <div className="p-4">
            <ClientField value={clientId} onChange={setChosen} />
          </div>
        </Section>
        <Section title="What">
          <div className="flex flex-col gap-2 p-4">
            <div className="flex flex-wrap items-center gap-2">
              <Checkbox label="Generate e-mails" checked={options.generateEmails} onChange={(event) => set({ generateEmails: event.target.checked })} />
              {options.generateEmails && (
                <Select aria-label="How many e-mails" value={options.emails} onChange={(event) => set({ emails: Number(event.target.value) })}>
                  {[1, 2, 3, 4, 5].map((n) => (
                    <option key={n} value={n}>
                      {n === 1 ? "one" : `a sequence of ${n}`}
                    </option>
                  ))}
                </Select>
              )}
            </div>
            <Checkbox label="Generate one-pager" checked={options.generateOnePager} onChange={(event) => set({ generateOnePager: event.target.checked })} />
            <Checkbox label="Ask for approval before it counts as done" checked={options.approval} onChange={(event) => set({ approval: event.target.checked })} />
          </div>
        </Section>
        <div className="sticky bottom-0 flex flex-wrap items-center gap-3 border-t border-line bg-bg py-3">
          <EstimateLine count={urls.length} options={options} />
          {error && (
            <p role="alert" className="w-full text-bad">
              {error}
            </p>
          )}
          <Button type="submit" tone="primary" icon={<Play />} isBusy={isBusy} className="ml-auto" aria-disabled={missing !== undefined}>
            Run Workflow
          </Button>
        </div>
      </form>
    </Page>
  );
}

/** What it will cost and take, before it is begun. */
function EstimateLine({ count, options }: { count: number; options: LeadOptions }) {
  const { data } = useQuery({
    queryKey: ["leads", "estimate", count, options],
    queryFn: () => estimateLeads(count, options),
    enabled: count > 0,
    placeholderData: keepPreviousData,
  });
  if (count === 0) return <p className="text-fg-3">No lead yet</p>;
  return (
    <p className="text-fg-2" aria-live="polite">
      {plural(count, "lead")}
      {data && (
        <>
          {" · "}
          {`at most ${money(data.costUsd * 100)}`}
          {data.unpriced.length > 0 && " and what nobody knows the price of"}
          {` · about ${duration(data.seconds * 1_000)}`}
        </>
      )}
    </p>
  );
}
