import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Navigate, Outlet, useMatches } from "@tanstack/react-router";
import { BASE } from "@/data/api";
import { readLeadSearch, readLeadsSearch } from "@/pages/leads/search";
import { readRunSearch } from "@/pages/run/search";
import { readRunsSearch } from "@/pages/runs/search";
import { Shell } from "@/shell/Shell";
import { Empty, Failure } from "@/ui/Empty";

const PUBLIC = "/l/$token";

/** What surrounds the pages of who is signed in; a public page stands alone. */
function Root() {
  const isPublic = useMatches({ select: (matches) => matches.some((match) => match.routeId === PUBLIC) });
  return isPublic ? <Outlet /> : <Shell />;
}

const root = createRootRoute({
  component: Root,
  notFoundComponent: () => <Empty title="There is no such page">The address may be mistyped, or of an app that is not installed.</Empty>,
  errorComponent: ({ error, reset }) => <Failure error={error} onRetry={reset} />,
});

/** A page of its own chunk. Its search parameters are checked by `search`. */
function page<Path extends string, Search extends object = Record<never, never>>(path: Path, load: () => Promise<{ default: () => React.ReactNode }>, search?: (raw: Record<string, unknown>) => Search) {
  return createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load), validateSearch: (raw: Record<string, unknown>): Search => search?.(raw) ?? ({} as Search) });
}

const home = createRoute({ getParentRoute: () => root, path: "/", component: () => <Navigate to="/runs" replace /> });

export const routes = [
  home,
  page("/runs", () => import("@/pages/runs"), readRunsSearch),
  page("/bulk", () => import("@/pages/bulk")),
  page("/bulk/$bulkId", () => import("@/pages/bulk/one")),
  page("/runs/$runId", () => import("@/pages/run"), readRunSearch),
  page(PUBLIC, () => import("@/pages/leads/shared")),
  page("/leads", () => import("@/pages/leads"), readLeadsSearch),
  page("/leads/new", () => import("@/pages/leads/new")),
  page("/workflow", () => import("@/pages/leads/new")),
  page("/leads/settings", () => import("@/pages/leads/settings")),
  page("/leads/$leadId", () => import("@/pages/leads/lead"), readLeadSearch),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  basepath: BASE || "/",
  defaultPreload: "intent",
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
