import type { ErrorComponentProps } from "@tanstack/react-router";
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Navigate, Outlet, useMatches } from "@tanstack/react-router";
import { BASE } from "@/data/api";
import { loadPart, parts } from "@/data/parts";
import { readAlertSearch } from "@/pages/alerts/search";
import { readBatchSearch } from "@/pages/batches/groups";
import { readErrorSearch } from "@/pages/errors/search";
import { readLeadSearch, readLeadsSearch } from "@/pages/leads/search";
import { readApprovalsSearch } from "@/pages/approvals/search";
import { readRunSearch } from "@/pages/run/search";
import { readRunsSearch } from "@/pages/runs/search";
import { readTaskSearch, readTasksSearch } from "@/pages/tasks/search";
import { readTestSearch } from "@/pages/test/search";
import { Shell } from "@/shell/Shell";
import { NotFound } from "@/shell/NotFound";
import { Failure } from "@/ui/Empty";

const PUBLIC = "/l/$token";

/** What surrounds the pages of who is signed in; a public page stands alone. */
function Root() {
  const isPublic = useMatches({ select: (matches) => matches.some((match) => match.routeId === PUBLIC) });
  return isPublic ? <Outlet /> : <Shell />;
}

function Broken({ error, reset }: ErrorComponentProps) {
  return <Failure error={error} onRetry={reset} />;
}

const root = createRootRoute({
  component: Root,
  notFoundComponent: NotFound,
  errorComponent: Broken,
});

/** A page of its own chunk. Its search parameters are checked by `search`. */
function page<Path extends string, Search extends object = Record<never, never>>(path: Path, load: () => Promise<{ default: () => React.ReactNode }>, search?: (raw: Record<string, unknown>) => Search) {
  return createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(() => loadPart(load)), validateSearch: (raw: Record<string, unknown>): Search => search?.(raw) ?? ({} as Search) });
}

const home = createRoute({ getParentRoute: () => root, path: "/", component: () => <Navigate to="/runs" replace /> });

export const routes = [
  home,
  page("/runs", () => import("@/pages/runs"), readRunsSearch),
  page("/bulk", () => import("@/pages/bulk")),
  page("/bulk/$bulkId", () => import("@/pages/bulk/one")),
  page("/runs/$runId", () => import("@/pages/run"), readRunSearch),
  page("/approvals", () => import("@/pages/approvals"), readApprovalsSearch),
  page("/approvals/$id", () => import("@/pages/approvals/approval")),
  page("/waits/$id", () => import("@/pages/approvals/approval")),
  page("/queues", () => import("@/pages/queues")),
  page("/queues/$name", () => import("@/pages/queues/queue")),
  page("/schedules", () => import("@/pages/schedules")),
  page("/schedules/$id", () => import("@/pages/schedules/schedule")),
  page("/settings", () => import("@/pages/settings")),
  page("/settings/$section", () => import("@/pages/settings")),
  page(PUBLIC, () => import("@/pages/leads/shared")),
  page("/leads", () => import("@/pages/leads"), readLeadsSearch),
  page("/leads/new", () => import("@/pages/leads/new")),
  page("/workflow", () => import("@/pages/leads/new")),
  page("/leads/settings", () => import("@/pages/leads/settings")),
  page("/leads/$leadId", () => import("@/pages/leads/lead"), readLeadSearch),
  page("/tasks", () => import("@/pages/tasks"), readTasksSearch),
  page("/tasks/$name", () => import("@/pages/tasks/TaskPage"), readTaskSearch),
  page("/test", () => import("@/pages/test")),
  page("/test/$name", () => import("@/pages/test/TestPage"), readTestSearch),
  page("/batches", () => import("@/pages/batches")),
  page("/batches/$id", () => import("@/pages/batches/BatchPage"), readBatchSearch),
  page("/errors", () => import("@/pages/errors"), readErrorSearch),
  page("/errors/$fingerprint", () => import("@/pages/errors/ErrorPage"), readErrorSearch),
  page("/alerts", () => import("@/pages/alerts"), readAlertSearch),
  page("/workers", () => import("@/pages/workers")),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  basepath: BASE || "/",
  // What breaks one page leaves the navigation around it.
  defaultErrorComponent: Broken,
  defaultPreload: "intent",
  scrollRestoration: true,
});

parts.isOnTheWay = () => router.state.matches.at(-1)?.pathname !== router.latestLocation.pathname;
router.subscribe("onBeforeNavigate", ({ pathChanged }) => pathChanged && parts.turn());

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
