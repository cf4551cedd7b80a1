import { useQuery } from "@tanstack/react-query";
import { ChevronsUpDown, GitBranch } from "lucide-react";
import { chooseEnvironment } from "@/data/api";
import { meQuery, projectsQuery } from "@/data/me";
import { cx } from "@/ui/class";
import { Menu } from "@/ui/Menu";

/** Where one is; whoever may be elsewhere can go there. */
export function EnvironmentSwitch({ isNarrow }: { isNarrow: boolean }) {
  const { data: me } = useQuery(meQuery);
  const { data: projects = [] } = useQuery({ ...projectsQuery, enabled: me?.everywhere === true });
  if (!me) return <div className="h-7" />;
  const all = projects.flatMap((project) => project.environments.map((one) => ({ ...one, project })));
  const several = projects.length > 1;
  const go = (id: string) => {
    chooseEnvironment(id);
    // Whatever is shown belongs to the other environment.
    location.assign(document.baseURI);
  };
  const label = (
    <>
      <GitBranch aria-hidden className="size-3.5 shrink-0 text-fg-3" />
      <span className={cx("flex-1 truncate text-left", isNarrow && "sm:sr-only")}>{me.environment}</span>
    </>
  );
  const look = "flex h-7 w-full shrink-0 items-center gap-2 rounded-control px-2 text-fg-2 max-sm:h-9";
  if (all.length < 2) return <div className={look}>{label}</div>;
  return (
    <Menu
      align="start"
      trigger={
        <button type="button" aria-label={`Environment ${me.environment}: choose another`} className={cx(look, "hover:bg-hover")}>
          {label}
          <ChevronsUpDown aria-hidden className={cx("size-3.5 text-fg-3", isNarrow && "sm:hidden")} />
        </button>
      }
      items={all.map((one) => ({ label: several ? `${one.project.name} / ${one.slug}` : one.slug, hint: one.id === me.environment ? "Where you are" : undefined, onSelect: () => go(one.id) }))}
    />
  );
}
