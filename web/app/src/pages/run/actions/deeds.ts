import type { Run } from "@runcast/client";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { WholeRun } from "@/data/run";
import { valueQuery, wholeRunQuery } from "@/data/run";
import { addTags, cancelRun, forkRun, replayRun, rescheduleRun, resumeRun, skipStep } from "@/data/runDeeds";
import { shortId } from "@/format/number";
import { attempt, doUnlessUndone, said } from "@/ui/toast";
import type { Ask } from "./AskDialog";
import type { Edit } from "./EditDialog";
import { markCanceling } from "./canceling";

interface Given {
  run: Run;
  whole: WholeRun | undefined;
  /** Of the step that is selected, or that failed. */
  name: string;
  setEdit: (edit: Edit) => void;
  setAsk: (ask: Ask) => void;
}

/** Stands for the schema of the task's payload, which is read once it is needed. */
const OF_PAYLOAD = { schema: "payload" };

/** What is done when somebody chooses it. Whoever makes a new run is led to it. */
export function useDeeds({ run, whole, name, setEdit, setAsk }: Given) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const open = async (what: string, make: () => Promise<{ id: string }>) => {
    // A key that is hit twice is one wish.
    if (isBusy) return;
    setBusy(true);
    const made = await attempt(`${what} failed`, make);
    setBusy(false);
    if (made) lead(what, made.id);
  };
  const lead = (what: string, id: string) => {
    void queries.invalidateQueries({ queryKey: ["run", run.id] });
    if (id === run.id) return said(`${what}: it goes on`);
    void navigate({ to: "/runs/$runId", params: { runId: id } });
    // Who hit a key by mistake takes it back here.
    said(`${what}: ${shortId(id)}`, undefined, { label: "Cancel it", onClick: () => void attempt("It was not canceled", () => cancelRun(id)) });
  };
  const payload = async (): Promise<{ value: unknown }> => {
    const { payload: value, payloadPresignedUrl: url } = whole ?? (await queries.fetchQuery(wholeRunQuery(run.id)));
    return { value: url ? await queries.fetchQuery(valueQuery(run.id, "payload", url)) : value };
  };
  const editPayload = async (edit: Omit<Edit, "value" | "label">) => {
    const read = await attempt("The payload could not be read", payload);
    // Nobody edits what is not there: it would be sent as nothing.
    if (read) setEdit({ ...edit, ...OF_PAYLOAD, label: "Payload", value: read.value });
  };
  return {
    isBusy,
    resume: () => void open("Resumed", () => resumeRun(run.id)),
    replay: () => void open("Replayed", () => replayRun(run.id)),
    fork: (key: string) => void open(`Retried from ${name}`, () => forkRun(run.id, key)),
    cancel: () => {
      markCanceling(run.id, true);
      doUnlessUndone(`Canceling ${run.taskIdentifier}`, () => cancelRun(run.id), () => markCanceling(run.id, false));
    },
    forkEdited: (key: string) =>
      void editPayload({
        title: `Retry from ${name} with edited input`,
        description: "Results from before this step are kept, whatever they were computed from.",
        verb: "Retry",
        send: async (value) => lead(`Retried from ${name}`, (await forkRun(run.id, key, value)).id),
      }),
    replayEdited: () =>
      void editPayload({
        title: `Replay ${run.taskIdentifier}`,
        description: "A new run of the same task, from the beginning.",
        verb: "Replay",
        send: async (value) => lead("Replayed", (await replayRun(run.id, value)).id),
      }),
    skip: (key: string) =>
      setEdit({
        title: `Skip ${name} with a value`,
        description: "A new run keeps what is done, and goes on as if this had returned the value.",
        label: "Result",
        verb: "Skip and resume",
        value: null,
        send: async (value) => lead(`Resumed past ${name}`, (await skipStep(run.id, key, value)).id),
      }),
    reschedule: () =>
      setAsk({ title: "Reschedule", label: "Start", hint: "A duration from now such as 1h30m, or a date such as 2027-01-31T09:00Z", verb: "Reschedule", send: async (text) => void (await rescheduleRun(run.id, text)) }),
    tag: () =>
      setAsk({
        title: "Add tags",
        label: "Tags",
        hint: "With commas between; up to 10 in all",
        verb: "Add tags",
        send: async (text) => void (await addTags(run.id, text.split(",").map((tag) => tag.trim()).filter(Boolean))),
      }),
  };
}
