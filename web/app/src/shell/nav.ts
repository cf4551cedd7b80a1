import type { LucideIcon } from "lucide-react";
import { Activity, Bell, Bug, CalendarClock, Cpu, FlaskConical, Layers, LayoutGrid, ListTree, PackageOpen, Settings, ShieldCheck, Users, Workflow } from "lucide-react";
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
const ICONS: Record<string, LucideIcon> = { contact: Users, table: LayoutGrid, workflow: Workflow };
const KEYS = new Set(["f", "l"]);

/** An app's first letter, where ours leave it free. */
function keyOf(title: string): { key?: string } {
  const letter = title.slice(0, 1).toLowerCase();
  return KEYS.has(letter) ? { key: letter } : {};
}

/** What there is, with the apps that are installed. */
export function navigation(apps: readonly App[]): NavGroup[] {
  const build = apps.flatMap((app) =>
    app.nav.map((item): NavItem => ({ to: item.path, label: item.title, icon: ICONS[item.icon ?? ""] ?? LayoutGrid, ...keyOf(item.title) })),
  );
  return [
    { items: WATCH },
    ...(build.length > 0 ? [{ label: "Build", items: build }] : []),
    { label: "Operate", items: OPERATE },
    { items: [{ to: "/settings", label: "Settings", icon: Settings }] },
  ];
}
