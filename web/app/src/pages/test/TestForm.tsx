import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Play, RotateCcw } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { useMay } from "@/data/may";
import type { Task } from "@/data/tasks";
import { triggerTask } from "@/data/tasks";
import { Button } from "@/ui/Button";
import { Crumbs } from "@/ui/Crumbs";
import { Kbd } from "@/ui/Kbd";
import { Header, Page, Section } from "@/ui/Page";
import { printed, useShortcuts } from "@/ui/shortcuts";
import { jsonProblem, useDraft } from "./draft";
import { ModeChoice } from "./ModeChoice";
import { check } from "./model/check";
import type { Schema } from "./model/schema";
import { NO_OPTIONS, optionProblems, readOptions } from "./options";
import { OptionFields } from "./OptionFields";
import { PayloadEditor } from "./PayloadEditor";
import { Problems } from "./Problems";
import { RecentPayloads } from "./RecentPayloads";

const route = getRouteApi("/test/$name");

/** `begun`: the payload of the run that it begins with. */
export function TestForm({ task, begun }: { task: Task; begun?: { payload: unknown } }) {
  const { as: mode = "form" } = route.useSearch();
  const navigate = useNavigate();
  const schema = task.payloadSchema as Schema;
  const { draft, put, reset } = useDraft(task.name, schema, begun);
  const [options, setOptions] = useState(NO_OPTIONS);
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const may = useMay("operator");
  const place = useRef<HTMLDivElement>(null);
  const problems = useMemo(() => check(draft.value, schema, schema), [draft.value, schema]);
  const broken = jsonProblem(draft);

  const trigger = async (anyway = false) => {
    if (isBusy) return;
    setTried(true);
    setRefusal(undefined);
    if (!may || broken || Object.keys(optionProblems(options)).length > 0 || (problems.length > 0 && !anyway)) {
      requestAnimationFrame(() => place.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
      return;
    }
    setBusy(true);
    try {
      const { id } = await triggerTask(task.name, draft.value, readOptions(options));
      await navigate({ to: "/runs/$runId", params: { runId: id } });
    } catch (error) {
      setRefusal(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  const startOver = () => {
    reset();
    setTried(false);
    setRefusal(undefined);
  };
  useShortcuts([{ keys: "mod+Enter", label: "Run test", inFields: true, run: () => void trigger() }]);

  return (
    <Page
      title={`Test ${task.name}`}
      header={
        <Header
          title={
            <Crumbs to="/test" list="Test">
              {task.name}
            </Crumbs>
          }
          actions={
            <>
              <Link to="/tasks/$name" params={{ name: task.name }} className="px-2 text-fg-2 hover:text-fg hover:underline max-sm:hidden">
                About this task
              </Link>
              <Button tone="primary" icon={<Play />} isBusy={isBusy} disabled={!may} title={may ? undefined : "This needs the role of an operator"} onClick={() => void trigger()}>
                Run test
                <Kbd keys={printed("mod+Enter")} />
              </Button>
            </>
          }
        />
      }
    >
      <div ref={place} className="grid items-start gap-4 p-4 lg:grid-cols-[minmax(0,1fr)_minmax(260px,340px)]">
        <div className="flex min-w-0 flex-col gap-4">
          {task.description && <p className="max-w-3xl whitespace-pre-line text-fg-2">{task.description.replaceAll(/\n{2,}/g, "\n")}</p>}
          <Problems refusal={refusal} problems={isTried ? problems : []} onAnyway={broken ? undefined : () => void trigger(true)} />
          <Section
            title="Payload"
            actions={
              <>
                <Button tone="quiet" icon={<RotateCcw />} onClick={startOver}>
                  Start over
                </Button>
                <ModeChoice mode={mode} isLocked={broken !== undefined} onChoose={(next) => void navigate({ to: "/test/$name", params: { name: task.name }, search: next === "json" ? { as: "json" } : {}, replace: true })} />
              </>
            }
          >
            <div className="p-4">
              <PayloadEditor schema={schema} draft={draft} mode={mode} problems={problems} isTried={isTried} onChange={put} />
            </div>
          </Section>
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          <Section title="How to run it">
            <OptionFields texts={options} onChange={setOptions} />
          </Section>
          <Section title="Recent payloads">
            <RecentPayloads task={task.name} onChoose={(payload) => put({ value: payload, text: undefined })} />
          </Section>
        </div>
      </div>
    </Page>
  );
}
