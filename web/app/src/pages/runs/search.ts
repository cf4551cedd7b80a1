import type { RunStatus } from "@runcast/client";
import type { Params } from "@/data/api";
import type { ListedRun } from "@/data/runs";
import { BAD } from "@/data/runs";
import { STATUS_WORDS } from "@/ui/Status";

/** What the address of the list holds: its filters, each as the API takes it. */
export interface RunsSearch {
  status?: string;
  task?: string;
  tag?: string;
  queue?: string;
  machine?: string;
  region?: string;
  /** Not older than this: `1h`, `7d`. */
  period?: string;
  /** Times, as ISO 8601. */
  from?: string;
  to?: string;
  batch?: string;
  schedule?: string;
  bulk?: string;
  parent?: string;
  root?: string;
  roots?: true;
  test?: boolean;
  /** Whether it failed. */
  error?: boolean;
  /** Of the items that it counted: `partial`. */
  outcome?: string;
  /** Somewhere in its id or its task. */
  text?: string;
  worker?: string;
  version?: string;
  /** How long it took at least, and at most: `5m`. */
  longer?: string;
  shorter?: string;
  /** The list begins below this run. */
  after?: string;
}

export type FilterKey = Exclude<keyof RunsSearch, "after">;

const WORDS = ["status", "task", "tag", "queue", "machine", "region", "period", "from", "to", "batch", "schedule", "bulk", "parent", "root", "outcome", "text", "worker", "version", "longer", "shorter", "after"] as const;
const BOOLEANS = ["test", "error"] as const;

/** As the API reads durations: `90s`, `1h 30m`. */
const DURATION = /^(\d+(\.\d+)?\s*(ms|s|m|h|d|w)\s*)+$/;

export const isDuration = (text: string): boolean => DURATION.test(text);

/** Whatever somebody typed into the address, as far as it says something. */
export function readRunsSearch(raw: Record<string, unknown>): RunsSearch {
  const search: RunsSearch = {};
  for (const key of WORDS) {
    const value = raw[key];
    if ((typeof value === "string" && value.trim() !== "") || typeof value === "number") search[key] = String(value).trim();
  }
  const statuses = search.status?.toUpperCase().split(",").filter((one) => one in STATUS_WORDS) ?? [];
  if (statuses.length > 0) search.status = statuses.join(",");
  else delete search.status;
  if (!search.period && typeof raw["since"] === "string") search.period = raw["since"];
  if (raw["roots"] === true || raw["roots"] === "true") search.roots = true;
  for (const key of BOOLEANS) if (["true", "false"].includes(String(raw[key]))) search[key] = String(raw[key]) === "true";
  for (const key of ["longer", "shorter"] as const) if (search[key] !== undefined && !isDuration(search[key])) delete search[key];
  return search;
}

/** The search without one filter, or with another value of it. A new filter begins at the newest run. */
export function withFilter(search: RunsSearch, change: { [Key in FilterKey]?: RunsSearch[Key] | undefined }): RunsSearch {
  const { after: _, ...next } = { ...search, ...change };
  for (const [key, value] of Object.entries(next)) if (value === undefined || value === "") delete next[key as FilterKey];
  return next as RunsSearch;
}

export const isFiltered = ({ after: _, ...filters }: RunsSearch): boolean => Object.keys(filters).length > 0;

/** As `GET /api/v1/runs` takes it. */
export function listParams(search: RunsSearch): Params {
  return {
    "filter[status]": search.status,
    "filter[taskIdentifier]": search.task,
    "filter[tag]": search.tag,
    "filter[queue]": search.queue,
    "filter[machine]": search.machine,
    "filter[region]": search.region,
    "filter[createdAt][period]": search.period,
    "filter[createdAt][from]": search.from,
    "filter[createdAt][to]": search.to,
    "filter[batch]": search.batch,
    "filter[schedule]": search.schedule,
    "filter[bulkAction]": search.bulk,
    "filter[parent]": search.parent,
    "filter[root]": search.root,
    "filter[rootsOnly]": search.roots,
    "filter[isTest]": search.test,
    "filter[hasError]": search.error,
    "filter[outcome]": search.outcome,
    "filter[text]": search.text,
    "filter[worker]": search.worker,
    "filter[version]": search.version,
    "filter[durationMin]": search.longer,
    "filter[durationMax]": search.shorter,
  };
}

const list = (words: string | undefined): string[] | undefined => words?.split(",").filter(Boolean);

/** As a bulk action takes it. It has to say something: all runs are those until now. */
export function bulkFilter(search: RunsSearch, now: number): Record<string, unknown> {
  const filter = {
    status: list(search.status),
    taskIdentifier: list(search.task),
    tag: list(search.tag),
    queue: list(search.queue)?.map((name) => ({ name })),
    machine: list(search.machine),
    region: list(search.region),
    period: search.period,
    from: search.from,
    to: search.to,
    batch: search.batch,
    schedule: search.schedule,
    bulkAction: search.bulk,
    parent: search.parent,
    root: search.root,
    rootsOnly: search.roots,
    isTest: search.test,
    hasError: search.error,
    outcome: search.outcome,
    text: search.text,
    worker: list(search.worker),
    version: list(search.version),
    durationMin: search.longer,
    durationMax: search.shorter,
  };
  const said = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
  return Object.keys(said).length > 0 ? said : { to: now };
}

/** What to follow, so that no more is told than the list needs. */
export function topicOf(search: RunsSearch): string {
  if (search.batch) return `batch:${search.batch}`;
  if (search.root) return `tree:${search.root}`;
  const tags = list(search.tag) ?? [];
  return tags.length === 1 ? `tag:${tags[0]}` : "runs";
}

/** Whether a run that just appeared is one of the list. What a run does not say of itself counts as no. */
export function fits(run: ListedRun, search: RunsSearch): boolean {
  if (search.schedule || search.bulk || search.machine || search.region || search.to || search.after) return false;
  if (search.outcome || search.worker || search.version || search.longer || search.shorter) return false;
  const among = (words: string | undefined, ...values: string[]) => {
    const wanted = list(words);
    return !wanted || values.some((value) => wanted.includes(value));
  };
  return (
    among(search.status, run.status satisfies RunStatus) &&
    among(search.task, run.taskIdentifier) &&
    among(search.tag, ...run.tags) &&
    among(search.queue?.replaceAll("task/", ""), run.queue ?? "") &&
    (!search.batch || run.batchId === search.batch) &&
    (!search.parent || run.parentId === search.parent) &&
    (!search.root || run.rootId === search.root || run.id === search.root) &&
    (!search.roots || run.parentId === undefined) &&
    (search.test === undefined || run.isTest === search.test) &&
    (search.error === undefined || BAD.includes(run.status) === search.error) &&
    (!search.text || `${run.id} ${run.taskIdentifier}`.toLowerCase().includes(search.text.toLowerCase()))
  );
}

const RUN_ID = /^run_[\w-]{4,}$/;
/** The end of an id, as lists show it: an id has digits, which few words of eight letters have. */
const END_OF_ID = /^(?=.*\d)[0-9a-z]{8}$/;
const FIELDS = ["task", "tag", "queue", "batch", "schedule", "status", "machine", "region", "text", "worker", "version", "longer", "shorter"] as const;

/** What somebody means who types this: a run, the end of an id, a filter such as `queue:mail`, or else a tag. */
export function readTyped(text: string): { open: string } | { filter: Partial<Record<(typeof FIELDS)[number], string>> } {
  const typed = text.trim();
  if (RUN_ID.test(typed)) return { open: typed };
  if (END_OF_ID.test(typed)) return { filter: { text: typed } };
  const colon = typed.indexOf(":");
  const field = FIELDS.find((one) => one === typed.slice(0, colon).toLowerCase());
  if (field === "status") {
    const wanted = typed.slice(colon + 1).trim().toLowerCase();
    const found = Object.entries(STATUS_WORDS).find(([name, word]) => [name.toLowerCase(), word.toLowerCase()].includes(wanted));
    if (found) return { filter: { status: found[0] } };
  } else if (field && typed.length > colon + 1) return { filter: { [field]: typed.slice(colon + 1).trim() } };
  return { filter: { tag: typed } };
}

/** As a saved view keeps it: words only, without the place in the list. */
export function wordsOf({ after: _, ...filters }: RunsSearch): Record<string, string> {
  return Object.fromEntries(Object.entries(filters).map(([key, value]) => [key, String(value)]));
}

/** Whether two addresses mean the same filters. */
export function isSame(a: Record<string, string>, b: Record<string, string>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
