import type { Preview as Rule } from "@/data/schedules";
import { Upcoming } from "./Upcoming";

/** What a rule comes to, in words and times. */
export function Preview({ preview, timezone }: { preview: Rule | undefined; timezone: string }) {
  return (
    <div aria-live="polite" className="min-h-40 rounded-card border border-line bg-sunken p-3">
      {preview && (
        <>
          <p className="mb-2 font-medium">{preview.description}</p>
          <Upcoming ticks={preview.upcoming} timezone={timezone} isSmall />
        </>
      )}
    </div>
  );
}
