import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Braces, EyeOff, FileUp, Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/data/may";
import { meQuery, projectsQuery } from "@/data/me";
import type { Place, Variable } from "@/data/settings";
import { deleteVariable, putVariables, variablesQuery } from "@/data/settings";
import { Button } from "@/ui/Button";
import { Empty, Failure, Skeleton } from "@/ui/Empty";
import { Section } from "@/ui/Page";
import { Table } from "@/ui/Table";
import { attempt, doUnlessUndone } from "@/ui/toast";
import { ImportVariables, PutVariable } from "./VariableForms";

/** Which project and environment one is in, as these addresses name them. */
function usePlace(): Place | undefined {
  const { data: me } = useQuery(meQuery);
  const { data: projects = [] } = useQuery(projectsQuery);
  for (const project of projects) {
    const found = project.environments.find((one) => one.id === me?.environment);
    if (found) return { ref: project.externalRef, slug: found.slug };
  }
  return undefined;
}

/** What workers of this environment find in their environment. */
export function VariableSettings() {
  const client = useQueryClient();
  const place = usePlace();
  const mayChange = useMay("admin");
  const { data: me } = useQuery(meQuery);
  const { data: variables, error, refetch } = useQuery(variablesQuery(place));
  const [open, setOpen] = useState<"add" | "import" | Variable>();
  const [leaving, setLeaving] = useState<ReadonlySet<string>>(new Set());
  const shown = variables?.filter((one) => !leaving.has(one.name));
  const close = () => setOpen(undefined);
  const fresh = () => client.invalidateQueries({ queryKey: ["variables"] });
  const remove = (name: string) => {
    if (!place) return;
    const back = () => setLeaving((now) => new Set([...now].filter((one) => one !== name)));
    setLeaving((now) => new Set([...now, name]));
    doUnlessUndone(
      `${name} is deleted`,
      async () => {
        await deleteVariable(place, name);
        await fresh();
        back();
      },
      back,
    );
  };
  const put = async (values: Record<string, string>, isSecret: boolean) => {
    if (place && (await attempt("Could not keep the variables", () => putVariables(place, values, isSecret))) !== undefined) await fresh();
  };
  return (
    <Section
      title={`Variables of ${me?.environment ?? ""}`}
      actions={
        mayChange && (
          <>
            <Button icon={<FileUp />} onClick={() => setOpen("import")}>
              Import .env
            </Button>
            <Button icon={<Plus />} shortcut="n" onClick={() => setOpen("add")}>
              Add variable
            </Button>
          </>
        )
      }
    >
      <p className="border-b border-line px-4 py-2 text-xs text-fg-3">Kept encrypted, and handed to workers when they start. One that runs has what there was then.</p>
      {error && !variables && <Failure error={error} onRetry={() => void refetch()} />}
      {!variables && !error && <Skeleton rows={3} />}
      {shown?.length === 0 && (
        <Empty icon={<Braces />} title="No variable yet">
          Keys of providers and other settings that tasks read with <code className="font-mono text-xs">os.environ</code> are kept here for all workers of an environment, instead of on each machine.
        </Empty>
      )}
      {shown && shown.length > 0 && (
        <Table
          label="Environment variables"
          rows={shown}
          keyOf={(one) => one.name}
          columns={[
            { key: "name", label: "Name", cell: (one) => <span title={one.name} className="block max-w-80 truncate font-mono text-xs max-sm:max-w-40">{one.name}</span> },
            {
              key: "value",
              label: "Value",
              className: "w-full max-w-0 min-w-36",
              cell: (one) =>
                one.isSecret ? (
                  <span className="inline-flex items-center gap-1.5 text-fg-3">
                    <EyeOff aria-hidden className="size-3.5" />
                    hidden
                  </span>
                ) : (
                  <span className="block truncate font-mono text-xs" title={one.value}>
                    {one.value}
                  </span>
                ),
            },
            ...(mayChange
              ? [
                  {
                    key: "act",
                    label: <span className="sr-only">Actions</span>,
                    className: "text-right whitespace-nowrap",
                    cell: (one: Variable) => (
                      <>
                        <Button tone="quiet" aria-label={`Change ${one.name}`} title="Change" icon={<Pencil />} onClick={() => setOpen(one)} />
                        <Button tone="quiet" aria-label={`Delete ${one.name}`} title="Delete" icon={<Trash2 />} onClick={() => remove(one.name)} />
                      </>
                    ),
                  },
                ]
              : []),
          ]}
        />
      )}
      {open === "import" && <ImportVariables onSave={put} onClose={close} />}
      {open !== undefined && open !== "import" && <PutVariable {...(open === "add" ? {} : { variable: open })} onSave={put} onClose={close} />}
    </Section>
  );
}
