import type { Attempts } from "@/data/run";
import { duration } from "@/format/duration";
import { serverNow } from "@/format/time";
import { Status } from "@/ui/Status";
import { Ago, Elapsed, useTick } from "@/ui/Time";
import { framesOf, placeOf } from "./frames";
import { Heading } from "./Heading";

/** What was tried before, and when it is tried again. */
export function AttemptList({ attempts }: { attempts: Attempts }) {
  const last = attempts.data.at(-1);
  return (
    <section className="flex flex-col gap-1">
      <Heading>Attempts</Heading>
      <ol className="divide-y divide-line rounded-card border border-line">
        {attempts.data.map((one) => {
          const place = framesOf(one.error?.stackTrace)[0];
          const status = one.error ? "FAILED" : one.finishedAt ? "COMPLETED" : "EXECUTING";
          return (
            <li key={`${one.number} ${one.startedAt}`} className="flex items-start gap-2 px-3 py-1.5">
              <Status status={status} iconOnly className="mt-0.5" />
              <div className="min-w-0 flex-1">
                <p className="flex gap-2">
                  <span className="flex-1 font-medium">Attempt {one.number}</span>
                  <Ago at={one.startedAt} className="text-fg-3" />
                  {(one.finishedAt !== undefined || one === last) && <Elapsed from={one.startedAt} to={one.finishedAt} className="text-fg-3" />}
                </p>
                {one.error && (
                  <p className="truncate text-xs text-fg-2" title={one.error.message}>
                    {one.error.name}: {one.error.message}
                    {place && <span className="text-fg-3"> · {placeOf(place)}</span>}
                  </p>
                )}
              </div>
            </li>
          );
        })}
        {attempts.nextAt && <Next at={attempts.nextAt} number={(last?.number ?? 0) + 1} />}
      </ol>
    </section>
  );
}

function Next({ at, number }: { at: string; number: number }) {
  useTick();
  const left = Date.parse(at) - serverNow();
  return (
    <li className="flex items-center gap-2 px-3 py-1.5">
      <Status status="RETRYING" iconOnly />
      <span className="flex-1 font-medium">Attempt {number}</span>
      <span className="text-run">{left > 0 ? `in ${duration(left)}` : "now"}</span>
    </li>
  );
}
