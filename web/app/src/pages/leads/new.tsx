import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Play } from "lucide-react";
import type { FormEvent } from "react";
import { useEffect, useRef, useState } from "react";
import type { LeadOptions } from "@/data/leads";
import { clientsQuery, createLeads } from "@/data/leads";
import { Button } from "@/ui/Button";
import { Field, TextArea } from "@/ui/Field";
import { Kbd } from "@/ui/Kbd";
import { Header, Page, Section } from "@/ui/Page";
import { printed, useShortcuts } from "@/ui/shortcuts";
import { useSending } from "@/ui/useSending";
import { ClientField } from "./form/ClientField";
import { EstimateLine } from "./form/EstimateLine";
import { knownOf, NOTHING_TOLD } from "./form/known";
import { KnownFields } from "./form/KnownFields";
import { LineResults } from "./form/LineResults";
import { OptionFields } from "./form/OptionFields";
import { accepted, useChecked } from "./form/useChecked";

const OPTIONS: LeadOptions = { generateEmails: true, generateOnePager: true, approval: false, emails: 2 };

/** Paste addresses, choose for whom, run. */
export default function NewLeads() {
  const navigate = useNavigate();
  const cache = useQueryClient();
  const { data: clients = [], isPending } = useQuery(clientsQuery);
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState("");
  const [options, setOptions] = useState(OPTIONS);
  const [told, setTold] = useState(NOTHING_TOLD);
  const [isTried, setTried] = useState(false);
  const [isWanted, setWanted] = useState(false);
  const { isBusy, error, send } = useSending();
  const clientId = chosen || (clients.length === 1 ? (clients[0]?.id ?? "") : "");
  const { lines, isChecking, problem } = useChecked(text, clientId || undefined);
  const urls = accepted(lines);
  const missing = problem ?? (urls.length === 0 ? "Paste at least one valid address" : clientId === "" ? (clients.length === 0 ? "Create a client first: for whom is written" : "Choose a client") : undefined);

  const run = () => {
    setTried(true);
    setWanted(true);
  };
  const begin = () => {
    if (missing || isBusy) return;
    void send(async () => {
      const created = await createLeads({ clientId, linkedinUrls: urls, people: knownOf(told, urls), ...options });
      void cache.invalidateQueries({ queryKey: ["leads", "list"] });
      const only = created.leads.length === 1 ? created.leads[0] : undefined;
      if (only) await navigate({ to: "/leads/$leadId", params: { leadId: only.id } });
      else await navigate({ to: "/leads", search: { batch: created.batchId } });
    });
  };
  // What was pasted a moment ago is looked at first: who is quick gets what stands there, not what stood there before.
  const isDue = isWanted && !isChecking && !isPending;
  const newest = useRef(begin);
  newest.current = begin;
  useEffect(() => {
    if (!isDue) return;
    setWanted(false);
    newest.current();
  }, [isDue]);
  useShortcuts([{ keys: "mod+Enter", label: "Run workflow", inFields: true, run }]);

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
          run();
        }}
        className="mx-auto flex max-w-3xl flex-col gap-4 p-4"
      >
        <Section title="Who">
          <div className="flex flex-col gap-3 p-4">
            <Field label="LinkedIn addresses">
              {(props) => <TextArea {...props} autoFocus rows={6} spellCheck={false} className="font-mono text-xs" placeholder={"https://www.linkedin.com/in/ada-lovelace\nhttps://www.linkedin.com/in/grace-hopper"} value={text} onChange={(event) => setText(event.target.value)} />}
            </Field>
            <LineResults lines={lines} isChecking={isChecking} problem={problem} />
            <KnownFields told={told} isOne={urls.length === 1} onChange={(change) => setTold((before) => ({ ...before, ...change }))} onAdd={(found) => setText((before) => [before.trim(), ...found].filter(Boolean).join("\n"))} />
          </div>
        </Section>
        <Section title="For whom">
          <div className="p-4">
            <ClientField value={clientId} onChange={setChosen} />
          </div>
        </Section>
        <Section title="What">
          <OptionFields options={options} onChange={(change) => setOptions((before) => ({ ...before, ...change }))} />
        </Section>
        <div className="sticky bottom-0 flex flex-wrap items-center gap-3 border-t border-line bg-bg py-3">
          <EstimateLine count={urls.length} options={options} />
          {(error ?? (isTried && !isChecking && missing)) && (
            <p role="alert" className="w-full text-bad">
              {error ?? missing}
            </p>
          )}
          <Button type="submit" tone="primary" icon={<Play />} isBusy={isBusy || isWanted} className="ml-auto" aria-disabled={missing !== undefined}>
            Run Workflow <Kbd keys={printed("mod+Enter")} />
          </Button>
        </div>
      </form>
    </Page>
  );
}
