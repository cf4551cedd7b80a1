import { useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleUser, LogOut, MonitorCog, Moon, Sun } from "lucide-react";
import { useState } from "react";
import { session } from "@/data/door";
import { meQuery, signOut } from "@/data/me";
import { Button } from "@/ui/Button";
import { cx } from "@/ui/class";
import { attempt } from "@/ui/toast";
import type { Theme } from "./theme";
import { chooseTheme, chosenTheme } from "./theme";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const ICON = { system: <MonitorCog />, light: <Sun />, dark: <Moon /> };

/** Who is signed in, the theme, and the way out. */
export function Account({ isNarrow }: { isNarrow: boolean }) {
  const client = useQueryClient();
  const { data: me } = useQuery(meQuery);
  const [theme, setTheme] = useState(chosenTheme);
  const turn = () => {
    chooseTheme(NEXT[theme]);
    setTheme(NEXT[theme]);
  };
  const leave = async () => {
    if (!(await attempt("Could not sign out", signOut))) return;
    client.clear();
    session.out();
  };
  return (
    <div className={cx("mt-1 flex items-center gap-1 border-t border-line pt-2", isNarrow && "sm:flex-col")}>
      <span className={cx("flex min-w-0 flex-1 items-center gap-2 px-2 text-xs text-fg-3", isNarrow && "sm:hidden")}>
        <CircleUser aria-hidden className="size-4 shrink-0" />
        <span className="truncate">{me?.name}</span>
      </span>
      <Button tone="quiet" aria-label={`Theme: ${theme}. Change`} title={`Theme: ${theme}`} icon={ICON[theme]} onClick={turn} />
      {me?.personId && <Button tone="quiet" aria-label="Sign out" title="Sign out" icon={<LogOut />} onClick={() => void leave()} />}
    </div>
  );
}
