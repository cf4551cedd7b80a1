import { queryOptions } from "@tanstack/react-query";
import { get, post } from "./api";

/** Who looks at these pages. */
export interface Me {
  name: string;
  environment: string;
  /** Whether another environment can be chosen. */
  everywhere: boolean;
  role?: "admin" | "operator" | "worker" | "viewer";
  personId?: string;
}

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => get<Me>("/api/v1/me", {}, signal),
  staleTime: 60_000,
});

export const signIn = (email: string, password: string) => post<Me>("/api/v1/auth/sign-in", { email, password });
export const signOut = () => post("/api/v1/auth/sign-out");

export interface Project {
  id: string;
  externalRef: string;
  name: string;
  slug: string;
  /** `id` is what the header `x-runcast-environment` names. */
  environments: { id: string; slug: string }[];
}

export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) => get<Project[]>("/api/v1/projects", {}, signal),
  staleTime: 60_000,
});
