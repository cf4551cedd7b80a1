import { useQuery } from "@tanstack/react-query";
import { Link, Navigate, useParams } from "@tanstack/react-router";
import { Bell, Braces, FolderTree, Info, KeyRound, Ticket, UserRound, Users } from "lucide-react";
import type { ComponentType } from "react";
import { useEffect, useRef } from "react";
import { useMay } from "@/data/may";
import { meQuery } from "@/data/me";
import { Empty } from "@/ui/Empty";
import { Header, Page } from "@/ui/Page";
import { AboutSettings } from "./About";
import { KeySettings } from "./Keys";
import { MeSettings } from "./Me";
import { PeopleSettings } from "./People";
import { ProjectSettings } from "./Projects";
import { TokenSettings } from "./Tokens";
import { VariableSettings } from "./Variables";

interface Area {
  name: string;
  label: string;
  icon: ComponentType<{ className?: string }>;
  page: ComponentType;
  /** Which role it takes. */
  needs?: "operator" | "admin";
}

const AREAS: readonly Area[] = [
  { name: "me", label: "You", icon: UserRound, page: MeSettings },
  { name: "people", label: "People", icon: Users, page: PeopleSettings, needs: "admin" },
  { name: "keys", label: "API keys", icon: KeyRound, page: KeySettings, needs: "admin" },
  { name: "tokens", label: "Public tokens", icon: Ticket, page: TokenSettings },
  { name: "variables", label: "Environment variables", icon: Braces, page: VariableSettings, needs: "operator" },
  { name: "projects", label: "Projects", icon: FolderTree, page: ProjectSettings },
  { name: "about", label: "About", icon: Info, page: AboutSettings },
];
const ITEM = "flex h-8 items-center gap-2 rounded-control px-2 whitespace-nowrap text-fg-2 hover:bg-hover hover:text-fg max-sm:h-10 [&_svg]:size-4";

/** Settings: what is one's own, and what admins say for all. */
export default function Settings() {
  const { section } = useParams({ strict: false }) as { section?: string };
  const { data: me } = useQuery(meQuery);
  const mayOperate = useMay("operator");
  const mayAdmin = useMay("admin");
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    nav.current?.querySelector('[aria-current="page"]')?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [section]);
  const isAllowed = (area: Area) => area.needs === undefined || (area.needs === "admin" ? mayAdmin : mayOperate);
  if (section === undefined) return <Navigate to="/settings/$section" params={{ section: "me" }} replace />;
  const area = AREAS.find((one) => one.name === section);
  return (
    <Page title={area ? `${area.label} · Settings` : "Settings"} header={<Header title="Settings" />} className="max-sm:flex max-sm:flex-col sm:flex">
      <nav ref={nav} aria-label="Settings" className="flex shrink-0 gap-px overflow-x-auto border-line p-2 max-sm:border-b sm:w-56 sm:flex-col sm:border-r sm:p-3">
        {AREAS.filter(isAllowed).map((one) => (
          <Link key={one.name} to="/settings/$section" params={{ section: one.name }} className={ITEM} activeProps={{ className: "bg-active text-fg font-medium" }}>
            <one.icon />
            {one.label}
          </Link>
        ))}
        <Link to={"/alerts" as string} className={ITEM}>
          <Bell />
          Alert channels
        </Link>
      </nav>
      <div className="min-w-0 flex-1 overflow-auto">
        <div className="mx-auto flex max-w-4xl flex-col gap-4 p-4">
          {!area && <Empty title="There is no such setting">Choose one at the side.</Empty>}
          {area && isAllowed(area) && <area.page />}
          {area && me && !isAllowed(area) && <Empty title={`${area.label} are for admins`}>You are signed in as {me.role ?? "a guest"}. Ask an admin for what you need.</Empty>}
        </div>
      </div>
    </Page>
  );
}
