import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Navigate } from "@tanstack/react-router";
import { BASE } from "@/data/api";
import { Shell } from "@/shell/Shell";
import { Empty, Failure } from "@/ui/Empty";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => <Empty title="There is no such page">The address may be mistyped, or of an app that is not installed.</Empty>,
  errorComponent: ({ error, reset }) => <Failure error={error} onRetry={reset} />,
});

/** A page of its own chunk. Its search parameters are checked by `search`. */
function page<Path extends string>(path: Path, load: () => Promise<{ default: () => React.ReactNode }>) {
  return createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load) });
}

const home = createRoute({ getParentRoute: () => root, path: "/", component: () => <Navigate to="/runs" replace /> });

export const routes = [
  home,
  page("/runs", () => import("@/pages/runs")),
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
