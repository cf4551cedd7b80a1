import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { BASE, get, post, request, send } from "./api";

/** For whom is written. */
export interface LeadClient {
  id: string;
  name: string;
  website: string;
  offer: string;
  tone: string;
  sender: string;
  brandColor: string;
  logoUrl: string;
}

export type NewClient = Omit<LeadClient, "id">;

export interface LeadOptions {
  generateEmails: boolean;
  generateOnePager: boolean;
  approval: boolean;
  emails: number;
}

export type LeadStatus = "queued" | "running" | "waiting" | "completed" | "failed" | "canceled" | "archived";
export type StepKey = "enrich" | "research" | "write_emails" | "build_page" | "approval";
export type StepStatus = "pending" | "running" | "waiting" | "done" | "failed" | "canceled";

export interface Lead {
  id: string;
  client: { id: string; name: string };
  linkedinUrl: string;
  slug: string;
  name: string;
  title: string;
  company: string;
  status: LeadStatus;
  /** Empty for one that was given alone. */
  batchId: string;
  triggerRunId: string;
  options: LeadOptions;
  /** 0 to 100. */
  progress: number;
  currentStep: string;
  costUsd: number;
  createdAt: string;
  finishedAt: string | null;
  error: { message: string; step: StepKey | "" } | null;
}

export interface LeadStep {
  key: StepKey;
  title: string;
  status: StepStatus;
  started: string | null;
  finished: string | null;
  detail: string;
  costUsd: number | null;
  runId: string;
  stream: string;
  waitId: string;
  /** How long it usually takes; from no run (`n` is 0) it is a guess. */
  estimate: { seconds: number; n: number } | null;
}

export interface LeadAsset {
  id: string;
  kind: "profile" | "research" | "email" | "page";
  name: string;
  title: string;
  contentType: string;
  size: number;
  createdAt: string;
}

export interface LeadDetail extends Lead {
  steps: LeadStep[];
  assets: LeadAsset[];
  remainingS: number | null;
  remainingN: number;
}

export interface CheckedLine {
  /** From 1. */
  line: number;
  text: string;
  ok: boolean;
  url: string;
  slug: string;
  reason: string;
  duplicateOf: number | null;
  /** A lead of the client that this person is already. */
  leadId: string;
}

export interface Estimate {
  costUsd: number;
  /** Steps whose price nobody knows. */
  unpriced: string[];
  seconds: number;
}

export const clientsQuery = queryOptions({
  queryKey: ["leads", "clients"],
  queryFn: async ({ signal }) => (await get<{ data: LeadClient[] }>("/api/leads/clients", {}, signal)).data,
});

const PAGE = 100;

/** Leads that were given together, as the server counts them. */
export interface LeadBatch {
  totals: { remainingS: number | null; costUsd: number };
}

export const leadsQuery = ({ batch, status }: { batch?: string | undefined; status?: string | undefined }) =>
  infiniteQueryOptions({
    queryKey: ["leads", "list", batch, status],
    queryFn: ({ pageParam, signal }) =>
      get<{ data: Lead[]; next: string | null; batch: LeadBatch | null }>("/api/leads", { batch, status, limit: PAGE, after: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next ?? undefined,
  });

export const leadQuery = (id: string) =>
  queryOptions({ queryKey: ["leads", "lead", id], queryFn: ({ signal }) => get<LeadDetail>(`/api/leads/${id}`, {}, signal) });

export const contentPath = (leadId: string, assetId: string) => `/api/leads/${leadId}/assets/${assetId}`;
export const hrefOf = (path: string) => BASE + path;

/** `version`: what was made anew has the same address. */
export const contentQuery = (path: string, version: string) =>
  queryOptions({
    queryKey: ["leads", "content", path, version],
    queryFn: async ({ signal }) => (await request(path, { signal })).text(),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const createClient = (client: NewClient) => post<LeadClient>("/api/leads/clients", client);
export const changeClient = (id: string, client: NewClient) => request(`/api/leads/clients/${id}`, { method: "PUT", body: JSON.stringify(client) }).then((response) => response.json() as Promise<LeadClient>);
export const checkLines = (text: string, clientId: string | undefined, signal?: AbortSignal) =>
  request("/api/leads/check", { method: "POST", body: JSON.stringify({ text, ...(clientId ? { clientId } : {}) }), ...(signal ? { signal } : {}) }).then((response) => response.json() as Promise<{ lines: CheckedLine[]; leads: number }>);
export const estimateLeads = (count: number, options: LeadOptions) => post<Estimate>("/api/leads/estimate", { count, generateEmails: options.generateEmails, generateOnePager: options.generateOnePager, emails: options.emails });

export interface KnownPerson {
  linkedinUrl: string;
  text?: string;
  pages?: string[];
  facts?: { name: string; value: string; source: string }[];
}

export interface Created {
  /** Empty for a single lead. */
  batchId: string;
  leads: { id: string; triggerRunId: string }[];
}

export const createLeads = (body: { clientId: string; linkedinUrls: string[]; people: KnownPerson[] } & LeadOptions) => post<Created>("/api/leads/bulk", body);
export const readCsv = (csv: string) => post<{ people: KnownPerson[]; refused: CheckedLine[] }>("/api/leads/csv", { csv });
export const retryBatch = (id: string) => post<{ count: number }>(`/api/leads/batches/${id}/retry`);
export const cancelBatch = (id: string) => post<{ count: number }>(`/api/leads/batches/${id}/cancel`);
export const retryLead = (id: string, step?: string) => post<{ triggerRunId: string }>(`/api/leads/${id}/retry`, step === undefined ? {} : { step });
export const cancelLead = (id: string) => post(`/api/leads/${id}/cancel`);
export const removeClient = (id: string) => send("DELETE", `/api/leads/clients/${id}`);

/** A link to a lead; where it leads is told once, when it is made. */
export interface Share {
  id: string;
  createdBy: string;
  createdAt: string;
  expiresAt: string;
  revokedAt: string | null;
}

export interface NewShare {
  share: Share;
  path: string;
}

export const sharesQuery = (id: string) =>
  queryOptions({ queryKey: ["leads", "shares", id], queryFn: async ({ signal }) => (await get<{ data: Share[] }>(`/api/leads/${id}/shares`, {}, signal)).data });
export const revokeShare = (id: string, share: string) => send("DELETE", `/api/leads/${id}/shares/${share}`);
export const shareLead = (id: string, expiresInDays: number) => post<NewShare>(`/api/leads/${id}/share`, { expiresInDays });

/** All that a share link shows. */
export interface SharedLead extends Pick<Lead, "name" | "slug" | "title" | "company" | "linkedinUrl" | "status" | "progress" | "currentStep" | "createdAt" | "finishedAt"> {
  /** Its name. */
  client: string;
  steps: Pick<LeadStep, "key" | "title" | "status" | "started" | "finished">[];
  assets: LeadAsset[];
}

export const sharedQuery = (token: string) =>
  queryOptions({ queryKey: ["leads", "shared", token], queryFn: ({ signal }) => get<SharedLead>(`/api/leads/shared/${encodeURIComponent(token)}`, {}, signal), retry: false });

export type ProviderKind = "enrich" | "research" | "write";

export interface ProviderInfo {
  name: string;
  title: string;
  kinds: ProviderKind[];
  ready: boolean;
  /** Environment variables. */
  needs: string[];
  note: string;
  price: string;
  /** JSON Schema of what it can be told. */
  optionsSchema: OptionsSchema;
}

/** As little of JSON Schema as options need. */
export interface OptionsSchema {
  type?: string;
  title?: string;
  enum?: string[];
  default?: unknown;
  properties?: Record<string, OptionsSchema>;
}

export interface LeadSettings {
  /** Who is asked, by kind. */
  order: Record<ProviderKind, string[]>;
  choices: Partial<Record<ProviderKind, string[] | null>> & { options?: Record<string, Record<string, unknown>> };
  providers: ProviderInfo[];
}

export const settingsQuery = queryOptions({
  queryKey: ["leads", "settings"],
  queryFn: ({ signal }) => get<LeadSettings>("/api/leads/settings", {}, signal),
});

export const putSettings = (choices: LeadSettings["choices"]) => send("PUT", "/api/leads/settings", choices);

/** Where a shared lead is told as it changes. */
export const sharedLiveHref = (token: string) => hrefOf(`/api/leads/shared/${encodeURIComponent(token)}/live`);
export const sharedContentPath = (token: string, assetId: string) => `/api/leads/shared/${encodeURIComponent(token)}/assets/${assetId}`;
