import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Search, X } from "lucide-react";
import type { ReactNode } from "react";
import { appsQuery } from "@/data/apps";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/class";
import { Kbd } from "@/ui/Kbd";
import { printed, useShortcuts } from "@/ui/shortcuts";
import { Account } from "./Account";
import { EnvironmentSwitch } from "./EnvironmentSwitch";
import { navigation } from "./nav";
import { useWaitingCount } from "./waiting";

/** 208 px at the left; a drawer on phones; 48 px when it is narrow. */
export function Sidebar({ isNarrow, isOpen, onClose, onSearch }: { isNarrow: boolean; isOpen: boolean; onClose: () => void; onSearch: () => void }) {
  const { data: apps = [] } = useQuery(appsQuery);
  const groups = navigation(apps);
  const navigate = useNavigate();
  const waiting = useWaitingCount();
  useShortcuts(
    groups.flatMap((group) =>
      group.items.flatMap((item) =>
        item.key ? [{ keys: `g ${item.key}`, label: `Go to ${item.label.toLowerCase()}`, group: "Go to", run: () => void navigate({ to: item.to }) }] : [],
      ),
    ),
  );
  return (
    <>
      {isOpen && <div className="fixed inset-0 z-30 bg-black/40 sm:hidden" onClick={onClose} />}
      <nav
        aria-label="Main"
        className={cx(
          "flex h-full shrink-0 flex-col gap-1 overflow-y-auto border-r border-line bg-panel px-2 py-2 max-sm:fixed max-sm:inset-y-0 max-sm:left-0 max-sm:z-40 max-sm:w-64",
          isNarrow ? "sm:w-12" : "sm:w-52",
          !isOpen && "max-sm:hidden",
        )}
      >
        <div className="flex h-9 items-center gap-2 px-1.5">
          <img src="./icon.svg" alt="" className="size-5" />
          <span className={cx("font-semibold", isNarrow && "sm:hidden")}>Runcast</span>
          <Button tone="quiet" aria-label="Close the menu" icon={<X />} className="ml-auto sm:hidden" onClick={onClose} />
        </div>
        <EnvironmentSwitch isNarrow={isNarrow} />
        <button
          type="button"
          onClick={onSearch}
          aria-label={isNarrow ? "Search or jump" : undefined}
          className="my-1 flex h-7 shrink-0 items-center gap-2 rounded-control border border-line bg-sunken pr-1.5 pl-2 text-fg-3 hover:border-line-strong max-sm:h-9"
        >
          <Search aria-hidden className="size-3.5 shrink-0" />
          <span className={cx("flex-1 truncate text-left", isNarrow && "sm:hidden")}>Search or jump</span>
          {!isNarrow && <Kbd keys={printed("mod+k")} />}
        </button>
        {groups.map((group, index) => (
          <div key={group.label ?? index} className={cx("flex flex-col gap-px", index > 0 && "mt-2", index === groups.length - 1 && "mt-auto")}>
            {group.label && <p className={cx("px-2 pt-1 pb-0.5 text-2xs tracking-wide text-fg-3 uppercase", isNarrow && "sm:sr-only")}>{group.label}</p>}
            {group.items.map((item) => (
              <NavLink key={item.to} to={item.to} isNarrow={isNarrow} label={item.label} onClick={onClose} badge={item.to === "/approvals" ? waiting : 0}>
                <item.icon aria-hidden className="size-4 shrink-0" />
              </NavLink>
            ))}
          </div>
        ))}
        <Account isNarrow={isNarrow} />
      </nav>
    </>
  );
}

function NavLink({ to, label, badge, isNarrow, onClick, children }: { to: string; label: string; badge: number; isNarrow: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <Link
      to={to}
      onClick={onClick}
      title={isNarrow ? label : undefined}
      className="flex h-7 items-center gap-2.5 rounded-control px-2 text-fg-2 hover:bg-hover hover:text-fg data-[status=active]:bg-active data-[status=active]:font-medium data-[status=active]:text-fg max-sm:h-10"
    >
      {children}
      <span className={cx("flex-1 truncate", isNarrow && "sm:sr-only")}>{label}</span>
      {badge > 0 && (
        <span className={cx("rounded-full bg-bar-wait/25 px-1.5 text-2xs font-semibold text-wait", isNarrow && "sm:hidden")}>
          {badge > 99 ? "99+" : badge}
          <span className="sr-only"> open</span>
        </span>
      )}
    </Link>
  );
}
