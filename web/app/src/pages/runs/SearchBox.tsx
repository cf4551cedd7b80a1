import { useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useRef } from "react";
import { FIELD } from "@/ui/Field";
import { Kbd } from "@/ui/Kbd";
import { useShortcuts } from "@/ui/shortcuts";
import type { RunsSearch } from "./search";
import { readTyped, withFilter } from "./search";

/** A run's id opens it; the rest of what can be typed narrows the list. */
export function SearchBox({ search, onSearch }: { search: RunsSearch; onSearch: (search: RunsSearch) => void }) {
  const navigate = useNavigate();
  const field = useRef<HTMLInputElement>(null);
  useShortcuts([{ keys: "/", label: "Search runs", group: "Lists", run: () => field.current?.focus() }]);
  return (
    <form
      role="search"
      className="relative flex min-w-44 items-center sm:w-64"
      onSubmit={(event) => {
        event.preventDefault();
        const text = field.current?.value.trim() ?? "";
        if (!text) return;
        const meant = readTyped(text);
        if (field.current) field.current.value = "";
        field.current?.blur();
        if ("open" in meant) void navigate({ to: "/runs/$runId", params: { runId: meant.open } });
        else onSearch(withFilter(search, meant.filter));
      }}
    >
      <Search aria-hidden className="pointer-events-none absolute left-2 size-3.5 text-fg-3" />
      <input
        ref={field}
        aria-label="Search runs by id or tag"
        title="A run's id opens it, the end of one finds it; anything else is a tag, or a filter such as queue:mail, text:mail or longer:5m"
        placeholder="Run id, tag, queue:name…"
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        className={`${FIELD} w-full pr-7 pl-7`}
      />
      <Kbd keys="/" className="absolute right-2" />
    </form>
  );
}
