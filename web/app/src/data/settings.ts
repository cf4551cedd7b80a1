import { queryOptions } from "@tanstack/react-query";
import { get, post, send } from "./api";
import type { Me } from "./me";

export type Role = NonNullable<Me["role"]>;

export const ROLES: Record<Role, string> = {
  viewer: "Sees everything, changes nothing",
  operator: "Triggers, cancels, replays, approves, pauses",
  worker: "Executes runs: for the keys of workers",
  admin: "Also people, keys and environment variables",
};

export interface Person {
  id: string;
  email: string;
  name: string;
  role: Role;
  createdAt: string;
  signedInAt?: string;
  disabledAt?: string;
}

export interface Key {
  id: string;
  environment: string;
  role: Role;
  name: string;
  /** Its last characters. */
  hint: string;
  createdAt: string;
  usedAt?: string;
  expiresAt?: string;
  revokedAt?: string;
  replacedBy?: string;
  /** What admits: told once, to who made it. */
  key?: string;
}

export interface Variable {
  name: string;
  value: string;
  isSecret: boolean;
}

export interface About {
  version: string;
  database: "sqlite" | "postgres";
  python: string;
  license: string;
  publicUrl: string;
}

export const aboutQuery = queryOptions({ queryKey: ["about"], queryFn: ({ signal }) => get<About>("/api/v1/about", {}, signal), staleTime: Number.POSITIVE_INFINITY });

export const changePassword = (current: string, password: string) => post("/api/v1/me/password", { current, password });

export const peopleQuery = queryOptions({ queryKey: ["people"], queryFn: async ({ signal }) => (await get<{ data: Person[] }>("/api/v1/people", {}, signal)).data });
export const addPerson = (person: { email: string; password: string; name: string; role: Role }) => post<Person>("/api/v1/people", person);
export const changePerson = (id: string, change: { password?: string; role?: Role; disabled?: boolean; name?: string }) => send<Person>("PATCH", `/api/v1/people/${encodeURIComponent(id)}`, change);

export const keysQuery = queryOptions({ queryKey: ["keys"], queryFn: async ({ signal }) => (await get<{ data: Key[] }>("/api/v1/keys", {}, signal)).data });
export const createKey = (key: { name: string; role: Role; environment?: string; expiresIn?: string }) => post<Key>("/api/v1/keys", key);
export const rotateKey = (id: string, overlap: string) => post<Key>(`/api/v1/keys/${encodeURIComponent(id)}/rotate`, { overlap });
export const revokeKey = (id: string) => send<Key>("DELETE", `/api/v1/keys/${encodeURIComponent(id)}`);

/** Which project's environment variables are meant. */
export interface Place {
  ref: string;
  slug: string;
}

const variablesPath = ({ ref, slug }: Place, rest = "") => `/api/v1/projects/${encodeURIComponent(ref)}/envvars/${encodeURIComponent(slug)}${rest}`;

export const variablesQuery = (place: Place | undefined) =>
  queryOptions({
    queryKey: ["variables", place],
    queryFn: ({ signal }) => get<Variable[]>(place ? variablesPath(place) : "", {}, signal),
    enabled: place !== undefined,
  });

export const putVariables = (place: Place, variables: Record<string, string>, isSecret: boolean) => post(variablesPath(place, "/import"), { variables, isSecret, override: true });
export const deleteVariable = (place: Place, name: string) => send("DELETE", variablesPath(place, `/${encodeURIComponent(name)}`));

export const putProject = (slug: string, name: string) => post("/api/v1/projects", { slug, name });

/** A token that a browser may hold, without what admits. */
export interface PublicToken {
  id: string;
  /** None: one that came with a trigger, and is known since it was ended. */
  scopes: string[];
  createdAt: string;
  expiresAt: string;
  oneTimeUse: boolean;
  name?: string;
  madeBy?: string;
  revokedAt?: string;
}

const TOKENS = "/api/v1/auth/public-tokens";
export const publicTokensQuery = queryOptions({ queryKey: ["tokens"], queryFn: async ({ signal }) => (await get<{ data: PublicToken[] }>(TOKENS, {}, signal)).data });
export const createPublicToken = (scopes: string[], expirationTime: string, name: string) => post<{ token: string }>(TOKENS, { scopes, expirationTime, name });
export const revokePublicToken = (id: string) => send<{ revoked: number }>("DELETE", `${TOKENS}/${encodeURIComponent(id)}`);
