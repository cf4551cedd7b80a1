import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { Page } from "./api";
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

export interface Lead {
  id: string;
  clientId: string;
  clientName: string;
  batchId: string;
  linkedinUrl: string;
  slug: string;
  name: string;
  title: string;
  company: string;
  /** As a run's; absent when the run is kept no longer. */
  status?: string;
  triggerRunId: string;
  options: LeadOptions;
  progress: number;
  currentStep?: string;
  costUsd: number;
  error?: string;
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
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

export interface CheckedLine {
  line: string;
  ok: boolean;
  url?: string;
  slug?: string;
  /** Why it is refused, or what else there is to know: it is a lead already, it was there before. */
  reason?: string;
  isDuplicate?: boolean;
}

export interface Estimate {
  costUsd: number | null;
  seconds: number | null;
  detail?: string;
}

/** How long each step took lately. */
export type Usual = Record<string, { p50Ms: number; n: number }>;

export const clientsQuery = queryOptions({
  queryKey: ["leads", "clients"],
  queryFn: async ({ signal }) => (await get<{ data: LeadClient[] }>("/api/leads/clients", {}, signal)).data,
});

const PAGE = 100;

export const leadsQuery = ({ batch, status }: { batch?: string | undefined; status?: string | undefined }) =>
  infiniteQueryOptions({
    queryKey: ["leads", "list", batch, status],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Lead>>("/api/leads", { "filter[batch]": batch, "filter[status]": status, "page[size]": PAGE, "page[after]": pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.pagination?.next,
  });

export const usualQuery = queryOptions({
  queryKey: ["leads", "usual"],
  queryFn: async ({ signal }) => (await get<{ data: Usual }>("/api/leads/durations", {}, signal)).data,
  staleTime: 60_000,
});

export const leadQuery = (id: string) =>
  queryOptions({ queryKey: ["leads", "lead", id], queryFn: ({ signal }) => get<Lead>(`/api/leads/${id}`, {}, signal) });

export const assetsQuery = (id: string) =>
  queryOptions({ queryKey: ["leads", "assets", id], queryFn: async ({ signal }) => (await get<{ data: LeadAsset[] }>(`/api/leads/${id}/assets`, {}, signal)).data });

export const contentPath = (leadId: string, assetId: string) => `/api/leads/${leadId}/assets/${assetId}/content`;
export const hrefOf = (path: string) => BASE + path;

export const contentQuery = (leadId: string, asset: LeadAsset) =>
  queryOptions({
    queryKey: ["leads", "content", asset.id],
    queryFn: async ({ signal }) => (await request(contentPath(leadId, asset.id), { signal })).text(),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const createClient = (client: NewClient) => post<LeadClient>("/api/leads/clients", client);
export const checkLines = (text: string, clientId: string | undefined, signal?: AbortSignal) =>
  request("/api/leads/check", { method: "POST", body: JSON.stringify({ text, clientId }), ...(signal ? { signal } : {}) }).then((response) => response.json() as Promise<{ lines: CheckedLine[]; valid: number }>);
export const estimateLeads = (count: number, options: LeadOptions) => post<Estimate>("/api/leads/estimate", { count, ...options });

export interface Created {
  batchId: string;
  leads: Lead[];
}

export const createLeads = (body: { clientId: string; linkedinUrls: string[]; known?: { text?: string; pages?: string[] } } & LeadOptions) => post<Created>("/api/leads/bulk", body);
export const retryLead = (id: string, step?: string) => post<Lead>(`/api/leads/${id}/retry`, step === undefined ? {} : { step });
export const cancelLead = (id: string) => post(`/api/leads/${id}/cancel`);
export const removeClient = (id: string) => send("DELETE", `/api/leads/clients/${id}`);

export interface Share {
  id: string;
  url: string;
  expiresAt: string;
}

export const shareLead = (id: string, days: number) => post<Share>(`/api/leads/${id}/share`, { days });

/** What a share link shows. */
export interface Shared {
  lead: Lead;
  assets: (LeadAsset & { content: string })[];
  /** Reads the run of the lead, and nothing else. */
  publicAccessToken: string;
}

export const sharedQuery = (token: string) =>
  queryOptions({ queryKey: ["leads", "shared", token], queryFn: ({ signal }) => get<Shared>(`/api/leads/shared/${encodeURIComponent(token)}`, {}, signal), retry: false });

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
}

export interface LeadSettings {
  choices: Partial<Record<ProviderKind, string[] | null>> & { options?: Record<string, Record<string, unknown>> };
  providers: ProviderInfo[];
}

export const settingsQuery = queryOptions({
  queryKey: ["leads", "settings"],
  queryFn: ({ signal }) => get<LeadSettings>("/api/leads/settings", {}, signal),
});

export const putSettings = (choices: LeadSettings["choices"]) => send("PUT", "/api/leads/settings", choices);
