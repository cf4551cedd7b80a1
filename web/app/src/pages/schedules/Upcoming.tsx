import { chosenZone, dayInZone, ownZone } from "@/format/time";
import { cx } from "@/ui/class";
import { Ago } from "@/ui/Time";

/** The next times, in the schedule's zone and in the reader's, unless these are the same. */
export function Upcoming({ ticks, timezone, isSmall }: { ticks: readonly string[]; timezone: string; isSmall?: boolean }) {
  const mine = chosenZone() === "utc" ? "UTC" : ownZone();
  const isOther = ticks.some((at) => dayInZone(at, timezone).replace(/ \S+$/, "") !== dayInZone(at, mine).replace(/ \S+$/, ""));
  if (ticks.length === 0) return <p className="text-fg-3">It has no next time.</p>;
  return (
    <table aria-label="Next times" className={cx("w-full text-left", isSmall && "text-xs")}>
      <thead>
        <tr className="text-2xs text-fg-3">
          <th scope="col" className="pb-1 font-medium">
            {timezone}
          </th>
          {isOther && (
            <th scope="col" className="pb-1 font-medium">
              {mine} (yours)
            </th>
          )}
          <th scope="col" className="pb-1 text-right font-medium max-sm:hidden">
            <span className="sr-only">From now</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {ticks.map((at) => (
          <tr key={at} className="border-t border-line">
            <td className="py-1 pr-3 whitespace-nowrap max-sm:text-xs">{dayInZone(at, timezone)}</td>
            {isOther && <td className="py-1 pr-3 whitespace-nowrap text-fg-2 max-sm:text-xs">{dayInZone(at, mine)}</td>}
            <td className="py-1 text-right text-xs whitespace-nowrap text-fg-3 max-sm:hidden">
              <Ago at={at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
