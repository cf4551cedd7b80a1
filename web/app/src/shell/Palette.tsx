import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Command } from "cmdk";
import { Activity, ListTree, Tag as TagIcon } from "lucide-react";
import { useState } from "react";
import { get } from "@/data/api";
import { appsQuery } from "@/data/apps";
import { printed, useActiveShortcuts } from "@/ui/shortcuts";
import { Kbd } from "@/ui/Kbd";
import { navigation } from "./nav";

const ITEM = "flex h-8 cursor-pointer items-center gap-2 rounded-control px-2 data-[selected=true]:bg-hover [&_svg]:size-4 [&_svg]:text-fg-3";
const RUN_ID = /^run_[\w-]{4,}$/;

/** Go anywhere, find a run or a task, do what this page can do: `⌘K`. */
export default function Palette({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const shortcuts = useActiveShortcuts();
  const { data: apps = [] } = useQuery(appsQuery);
  const { data: tasks } = useQuery({
    queryKey: ["tasks"],
    queryFn: ({ signal }) => get<{ data: { name: string }[] }>("/api/v1/tasks", {}, signal),
    enabled: isOpen,
  });
  const close = () => {
    setText("");
    onClose();
  };
  const go = (to: string) => {
    close();
    void navigate({ to });
  };
  const asked = text.trim();
  return (
    <Command.Dialog
      open={isOpen}
      onOpenChange={(open) => !open && close()}
      label="Search or jump to"
      overlayClassName="fixed inset-0 z-40 bg-black/40"
      contentClassName="fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-24px)] max-w-xl -translate-x-1/2 overflow-hidden rounded-tool bg-raised text-fg shadow-float"
    >
      <Command.Input value={text} onValueChange={setText} placeholder="A page, a task, a run's id, a tag…" className="h-11 w-full border-b border-line bg-transparent px-4 text-base outline-none" />
      <Command.List className="max-h-[50vh] overflow-auto p-1 [&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-2xs [&_[cmdk-group-heading]]:text-fg-3 [&_[cmdk-group-heading]]:uppercase">
        <Command.Empty className="px-3 py-6 text-center text-fg-3">Nothing matches “{asked}”</Command.Empty>
        {RUN_ID.test(asked) && (
          <Command.Group heading="Runs">
            <Command.Item value={`${asked} open`} onSelect={() => go(`/runs/${asked}`)} className={ITEM}>
              <Activity aria-hidden />
              Open run {asked}
            </Command.Item>
          </Command.Group>
        )}
        <Command.Group heading="Go to">
          {navigation(apps)
            .flatMap((group) => group.items)
            .map((item) => (
              <Command.Item key={item.to} value={`${item.label} go`} onSelect={() => go(item.to)} className={ITEM}>
                <item.icon aria-hidden />
                <span className="flex-1">{item.label}</span>
                {item.key && <Kbd keys={printed(`g ${item.key}`)} />}
              </Command.Item>
            ))}
        </Command.Group>
        {tasks && tasks.data.length > 0 && (
          <Command.Group heading="Tasks">
            {tasks.data.map((task) => (
              <Command.Item key={task.name} value={`${task.name} task`} onSelect={() => go(`/tasks/${encodeURIComponent(task.name)}`)} className={ITEM}>
                <ListTree aria-hidden />
                {task.name}
              </Command.Item>
            ))}
          </Command.Group>
        )}
        <Command.Group heading="Do">
          {shortcuts
            .filter((one) => one.group === undefined)
            .map((one) => (
              <Command.Item
                key={one.keys + one.label}
                value={`${one.label} do`}
                onSelect={() => {
                  close();
                  one.run(new KeyboardEvent("keydown"));
                }}
                className={ITEM}
              >
                <span className="flex-1">{one.label}</span>
                <Kbd keys={printed(one.keys)} />
              </Command.Item>
            ))}
        </Command.Group>
        {asked && !RUN_ID.test(asked) && (
          <Command.Group heading="Runs" forceMount>
            <Command.Item forceMount value={`tag ${asked}`} onSelect={() => go(`/runs?tag=${encodeURIComponent(asked)}`)} className={ITEM}>
              <TagIcon aria-hidden />
              Runs with the tag “{asked}”
            </Command.Item>
          </Command.Group>
        )}
      </Command.List>
    </Command.Dialog>
  );
}
