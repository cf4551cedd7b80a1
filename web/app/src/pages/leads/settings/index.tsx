import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { LeadSettings, ProviderInfo, ProviderKind } from "@/data/leads";
import { putSettings, settingsQuery } from "@/data/leads";
import { Button } from "@/ui/Button";
import { Failure, Skeleton } from "@/ui/Empty";
import { Header, Page, Section } from "@/ui/Page";
import { attempt } from "@/ui/toast";
import { Notices } from "./Notices";
import { OptionsDialog } from "./OptionsDialog";
import { ProviderList } from "./ProviderList";
import { TemplateDialog } from "./TemplateDialog";

const KINDS: readonly (readonly [ProviderKind, string, string])[] = [
  ["enrich", "Profiles", "Asked one after the other until the person is known"],
  ["research", "Research", "The first that is ready reads about the person and the company"],
  ["write", "Writing", "The first that is ready writes; a later one when an earlier one has no credit"],
];

/** Which providers are asked, in which order, and how; who is told. Keys are environment variables. */
export default function LeadSettingsPage() {
  const cache = useQueryClient();
  const { data, error, refetch } = useQuery(settingsQuery);
  const [told, setTold] = useState<ProviderInfo>();
  const [isDescribing, setDescribing] = useState(false);
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton />;
  const put = async (choices: LeadSettings["choices"]) => {
    await putSettings(choices);
    await refetch();
  };
  const choose = (kind: ProviderKind, names: string[]) => {
    const choices = { ...data.choices, [kind]: names };
    cache.setQueryData(settingsQuery.queryKey, { ...data, choices });
    void attempt("The order could not be saved", () => put(choices)).finally(() => void refetch());
  };
  const putOptions = (name: string, options: Record<string, unknown> | undefined) => {
    const { [name]: _, ...others } = data.choices.options ?? {};
    return put({ ...data.choices, options: options && Object.keys(options).length > 0 ? { ...others, [name]: options } : others });
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
          . Without any key, leads are made of what you give, of public lists, and of templates.
        </p>
        {KINDS.map(([kind, label, hint]) => (
          <Section
            key={kind}
            title={label}
            actions={
              kind === "enrich" && (
                <Button icon={<Plus />} onClick={() => setDescribing(true)}>
                  Describe another
                </Button>
              )
            }
          >
            <p className="px-4 pt-3 text-xs text-fg-3">{hint}</p>
            <ProviderList kind={kind} settings={data} onChange={(names) => choose(kind, names)} onOptions={setTold} />
          </Section>
        ))}
        <Notices />
      </div>
      {told && (told.name.startsWith("http:") ? <TemplateDialog name={told.name} options={data.choices.options?.[told.name]} onClose={() => setTold(undefined)} onSave={putOptions} /> : <OptionsDialog provider={told} options={data.choices.options?.[told.name] ?? {}} onClose={() => setTold(undefined)} onSave={(options) => putOptions(told.name, options)} />)}
      {isDescribing && <TemplateDialog onClose={() => setDescribing(false)} onSave={putOptions} />}
    </Page>
  );
}
