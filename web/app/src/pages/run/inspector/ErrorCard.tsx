import type { Failure } from "@/data/run";
import { Code, CopyButton } from "@/ui/Code";
import { Status } from "@/ui/Status";
import { framesOf, placeOf, wholeStack } from "./frames";

const FRAMES_SHOWN = 6;

/** An error: its class, its message, where in the user's own code it was raised; the rest for who asks. */
export function ErrorCard({ error, isRecovered }: { error: Failure; isRecovered?: boolean }) {
  const frames = framesOf(error.stackTrace);
  const tone = isRecovered ? "border-line" : "border-bad/40 bg-bad/5";
  return (
    <section aria-label="Error" className={`flex flex-col gap-2 rounded-card border p-3 ${tone}`}>
      <h2 className="flex items-start gap-2 font-semibold break-words">
        <Status status={isRecovered ? "SKIPPED" : "FAILED"} iconOnly className="mt-0.5" />
        <span className="min-w-0 flex-1">{error.name ?? "Error"}</span>
        <CopyButton text={`${error.name ?? "Error"}: ${error.message}\n\n${error.stackTrace ?? ""}`} label="Copy error" className="-my-1" />
      </h2>
      <p className="break-words whitespace-pre-wrap">{error.message}</p>
      {isRecovered && <p className="text-fg-3">The run went on with something else.</p>}
      {frames.length > 0 && (
        <ol className="flex flex-col gap-1 font-mono text-xs">
          {frames.slice(0, FRAMES_SHOWN).map((frame, index) => (
            <li key={index} className={index === 0 ? "rounded-control border border-line bg-panel p-2" : "px-2"} title={`${frame.file}:${frame.line}`}>
              <p className={index === 0 ? "font-medium" : "text-fg-3"}>{placeOf(frame)}</p>
              {frame.code && <p className={index === 0 ? "mt-1 text-bad" : "truncate text-fg-3"}>{frame.code}</p>}
            </li>
          ))}
        </ol>
      )}
      {error.causes?.map((cause, index) => (
        <p key={index} className="text-xs break-words text-fg-2">
          caused by <strong className="font-medium">{cause.name ?? "Error"}</strong>: {cause.message}
        </p>
      ))}
      {error.stackTrace && (
        <details className="text-xs">
          <summary className="text-fg-2 hover:text-fg">Whole traceback</summary>
          <Code text={wholeStack(error.stackTrace)} className="mt-2" wrap={false} />
        </details>
      )}
    </section>
  );
}
