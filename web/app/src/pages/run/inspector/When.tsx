import { clock, moment } from "@/format/time";

/** A time of day to the millisecond, with its date on hover. */
export function When({ at }: { at: string | number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={moment(at)}>
      {clock(at, undefined, { millis: true })}
    </time>
  );
}
