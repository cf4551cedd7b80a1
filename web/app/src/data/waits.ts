import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { Page } from "./api";
import { get, post } from "./api";

/** What is told whenever a token is made, completed, or runs out. */
export const WAITS_TOPIC = "topic:runcast.waits";

export interface Option {
  label: string;
  value: unknown;
  isRefusal: boolean;
}

export interface FormField {
  name: string;
  label: string;
  kind: "text" | "number" | "integer" | "flag" | "choice";
  required: boolean;
  options: Option[];
  default?: unknown;
}

/** Buttons that decide, and fields beside them. The buttons set `decides`; where that is empty their value is the whole answer. */
export interface AnswerForm {
  options: Option[];
  fields: FormField[];
  decides: string;
  isObject: boolean;
}

export interface Wait {
  id: string;
  status: "WAITING" | "COMPLETED" | "TIMED_OUT";
  /** What people are asked. */
  question?: string;
  tags: string[];
  createdAt: string;
  timeoutAt?: string;
  completedAt?: string;
  completedBy?: string;
  /** The run that made it, and its task. */
  runId?: string;
  taskIdentifier?: string;
  /** JSON text of what was answered, where that is short. */
  answer?: string;
  /** Absent: only JSON can say the answer. */
  form?: AnswerForm;
  /** Where a person answers without an account. */
  pageUrl: string;
  url: string;
}

export interface WholeWait extends Wait {
  /** JSON text. */
  output?: string;
  outputIsError?: boolean;
  schema?: unknown;
}

const TOKENS = "/api/v1/waitpoints/tokens";
const PAGE = 25;

/** Sorts before every id: the page in front of it are the oldest. */
const FIRST = "0";

/** Those that wait longest; the newest of them first. Where there are more, they follow as these are answered. */
export const openWaitsQuery = queryOptions({
  queryKey: ["waits", "open"],
  queryFn: ({ signal }) => get<Page<Wait>>(TOKENS, { "filter[status]": "WAITING", "page[size]": 100, "page[before]": FIRST }, signal),
});

export const decidedWaitsQuery = infiniteQueryOptions({
  queryKey: ["waits", "decided"],
  queryFn: ({ pageParam, signal }) => get<Page<Wait>>(TOKENS, { "filter[status]": "COMPLETED,TIMED_OUT", "page[size]": PAGE, "page[after]": pageParam }, signal),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (last) => last.pagination?.next,
});

export const waitQuery = (id: string) => queryOptions({ queryKey: ["waits", "one", id], queryFn: ({ signal }) => get<WholeWait>(`${TOKENS}/${encodeURIComponent(id)}`, {}, signal) });

export const answerWait = (id: string, data: unknown) => post(`${TOKENS}/${encodeURIComponent(id)}/complete`, { data });
