import { useQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { MenuIcon } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { RuncastProvider } from "@runcast/react-hooks";
import { RuncastError } from "@/data/api";
import { personOf, session } from "@/data/door";
import { meQuery } from "@/data/me";
import { useIsSignedOut } from "@/data/session";
import { loadPart } from "@/data/parts";
import { SharedRuncast } from "@/live/client";
import { Button } from "@/ui/Button";
import { Failure, Skeleton } from "@/ui/Empty";
import { onKeyDown, useShortcuts } from "@/ui/shortcuts";
import { useMedia } from "@/ui/useMedia";
import { ConnectionPill } from "@/ui/ConnectionPill";
import { NewerPages } from "./NewerPages";
import { Sidebar } from "./Sidebar";
import { SignIn, SignInAgain } from "./SignIn";

const Palette = lazy(() => loadPart(() => import("./Palette")));
const ShortcutSheet = lazy(() => loadPart(() => import("./ShortcutSheet")));
const NARROW = "runcast.narrow";
/** Where the menu is narrow unless somebody wants it wide: on tablets, and where a page is zoomed. */
const TIGHT = "(max-width: 959px)";
const client = new SharedRuncast();

/** What surrounds every page; or the way in, for who is not signed in. */
export function Shell() {
  const { data: me, error, refetch } = useQuery(meQuery);
  useEffect(() => {
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
  const isSignedOut = useIsSignedOut(session);
  useEffect(() => {
    if (me) session.know(personOf(me));
  }, [me]);
  if (me === undefined && error instanceof RuncastError && (error.status === 401 || error.status === 403)) return <SignIn />;
  if (me === undefined && error) return <Failure error={error} onRetry={() => void refetch()} />;
  if (me === undefined) return null;
  return (
    <RuncastProvider client={client}>
      <Frame />
      {isSignedOut && <SignInAgain name={me.name} />}
    </RuncastProvider>
  );
}

function Frame() {
  const isTight = useMedia(TIGHT);
  const [chosen, choose] = useState(() => localStorage.getItem(NARROW));
  const isNarrow = chosen === null ? isTight : chosen === "yes";
  const [open, setOpen] = useState<"menu" | "palette" | "keys">();
  const toggle = () => {
    const next = isNarrow ? "no" : "yes";
    localStorage.setItem(NARROW, next);
    choose(next);
  };
  useShortcuts([
    { keys: "mod+k", label: "Search or jump to", group: "Everywhere", inFields: true, run: () => setOpen("palette") },
    { keys: "?", label: "Keyboard shortcuts", group: "Everywhere", run: () => setOpen("keys") },
    { keys: "mod+b", label: "Narrow or widen the menu", group: "Everywhere", run: toggle },
  ]);
  return (
    <div className="flex h-full">
      <a href="#main" className="sr-only focus:not-sr-only focus:fixed focus:z-50 focus:bg-panel focus:p-2">
        Skip to content
      </a>
      <Sidebar isNarrow={isNarrow} isOpen={open === "menu"} onClose={() => setOpen(undefined)} onSearch={() => setOpen("palette")} />
      <main id="main" className="flex min-w-0 flex-1 flex-col">
        <div className="flex h-11 shrink-0 items-center gap-2 border-b border-line bg-panel px-2 sm:hidden">
          <Button tone="quiet" aria-label="Open the menu" icon={<MenuIcon />} onClick={() => setOpen("menu")} />
          <img src="./icon.svg" alt="" className="size-5" />
          <span className="font-semibold">Runcast</span>
          <span className="ml-auto pr-2">
            <ConnectionPill />
          </span>
        </div>
        <NewerPages />
        <div className="min-h-0 flex-1">
          <Suspense fallback={<Skeleton />}>
            <Outlet />
          </Suspense>
        </div>
      </main>
      <Suspense>
        {open === "palette" && <Palette isOpen onClose={() => setOpen(undefined)} />}
        {open === "keys" && <ShortcutSheet isOpen onClose={() => setOpen(undefined)} />}
      </Suspense>
    </div>
  );
}
