import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useState } from "react";
import { meQuery } from "@/data/me";
import { ROLES } from "@/data/settings";
import type { Zone } from "@/format/time";
import { chooseZone, chosenZone, moment, ownZone, serverNow } from "@/format/time";
import type { Theme } from "@/shell/theme";
import { chooseTheme, chosenTheme } from "@/shell/theme";
import { cx } from "@/ui/class";
import { Facts, Section } from "@/ui/Page";
import { Password } from "./Password";

const THEMES: readonly (readonly [Theme, string])[] = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/** Who one is, and how one likes it: kept in this browser. */
export function MeSettings() {
  const { data: me } = useQuery(meQuery);
  const [theme, setTheme] = useState(chosenTheme);
  const [zone, setZone] = useState(chosenZone);
  const zones: readonly (readonly [Zone, string])[] = [
    ["local", `Yours: ${ownZone()}`],
    ["utc", "UTC"],
  ];
  if (!me) return null;
  return (
    <>
      <Section title="You">
        <Facts
          className="p-4"
          facts={[
            ["Signed in as", me.name || "a program of this machine"],
            me.role !== undefined && ["Role", `${me.role}: ${ROLES[me.role].toLowerCase()}`],
            ["Environment", me.environment],
          ]}
        />
      </Section>
      <Section title="Appearance">
        <div className="flex flex-col gap-4 p-4">
          <Choice
            label="Theme"
            options={THEMES}
            current={theme}
            onChange={(next) => {
              chooseTheme(next);
              setTheme(next);
            }}
          />
          <Choice
            label="Times are shown in"
            note={`Now it is ${moment(serverNow(), zone)}. Schedules always say their own zone, too.`}
            options={zones}
            current={zone}
            onChange={(next) => {
              chooseZone(next);
              setZone(next);
            }}
          />
        </div>
      </Section>
      {me.personId && <Password />}
    </>
  );
}

function Choice<Value extends string>({ label, note, options, current, onChange }: { label: string; note?: ReactNode; options: readonly (readonly [Value, string])[]; current: Value; onChange: (value: Value) => void }) {
  return (
    <fieldset>
      <legend className="mb-1 font-medium text-fg-2">{label}</legend>
      <div className="flex flex-wrap gap-2">
        {options.map(([value, words]) => (
          <label key={value} className={cx("flex h-8 cursor-pointer items-center gap-2 rounded-control border px-3 max-sm:h-10", value === current ? "border-accent bg-active" : "border-line-strong hover:bg-hover")}>
            <input type="radio" name={label} checked={value === current} onChange={() => onChange(value)} className="accent-(--accent)" />
            {words}
          </label>
        ))}
      </div>
      {note && <p className="mt-1 text-xs text-fg-3">{note}</p>}
    </fieldset>
  );
}
