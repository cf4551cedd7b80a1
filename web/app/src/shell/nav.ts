import type { LucideIcon } from "lucide-react";
import { Activity, Bell, Bug, CalendarClock, Cpu, FlaskConical, Layers, LayoutGrid, ListTree, PackageOpen, Settings, ShieldCheck, Users } from "lucide-react";
import type { App } from "@/data/apps";

export interface NavItem {
  to: string;
  label: string;
  icon: LucideIcon;
  /** After `g`. */
  key?: string;
}

export interface NavGroup {
  label?: string;
  items: NavItem[];
}

const WATCH: NavItem[] = [
  { to: "/runs", label: "Runs", icon: Activity, key: "r" },
  { to: "/tasks", label: "Tasks", icon: ListTree, key: "t" },
  { to: "/batches", label: "Batches", icon: PackageOpen, key: "b" },
  { to: "/test", label: "Test", icon: FlaskConical },
];
const OPERATE: NavItem[] = [
  { to: "/approvals", label: "Approvals", icon: ShieldCheck, key: "a" },
  { to: "/queues", label: "Queues", icon: Layers, key: "q" },
  { to: "/schedules", label: "Schedules", icon: CalendarClock, key: "s" },
  { to: "/workers", label: "Workers", icon: Cpu, key: "w" },
  { to: "/errors", label: "Errors", icon: Bug, key: "e" },
  { to: "/alerts", label: "Alerts", icon: Bell },
];
const ICONS: Record<string, LucideIcon> = { users: Users, grid: LayoutGrid };

/** What there is, with the apps that are installed. */
export function navigation(apps: readonly App[]): NavGroup[] {
  const build = apps.flatMap((app) =>
    app.nav.map((item): NavItem => ({ to: item.path, label: item.label, icon: ICONS[item.icon ?? ""] ?? LayoutGrid, ...(item.key ? { key: item.key } : {}) })),
  );
  return [
    { items: WATCH },
    ...(build.length > 0 ? [{ label: "Build", items: build }] : []),
    { label: "Operate", items: OPERATE },
    { items: [{ to: "/settings", label: "Settings", icon: Settings }] },
  ];
}
