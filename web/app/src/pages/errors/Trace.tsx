import type { RunError } from "@runcast/client";
import { Code } from "@/ui/Code";

const FRAME = /^ {2}File "(.*)", line (\d+), in (.*)$/;
const LIBRARY = /site-packages|[\\/]lib[\\/]python|[\\/]runcast[\\/](worker|sdk|engine)[\\/]|<frozen /;

/** Where an error came from: the last frame that is the user's own, and the whole traceback below it. */
export function Trace({ error }: { error: RunError }) {
  const own = ownFrame(error.stackTrace ?? "");
  return (
    <div className="flex flex-col gap-3">
      {own && (
        <div>
          <p className="mb-1 text-fg-3">
            In <code className="font-mono text-xs text-fg">{own.name}</code>
          </p>
          <Code text={`${own.file}:${own.line}${own.source ? `\n\n${own.source}` : ""}`} />
        </div>
      )}
      {error.stackTrace && (
        <details open={!own}>
          <summary className="w-fit rounded text-fg-2 hover:text-fg">Whole traceback</summary>
          <Code text={error.stackTrace} wrap={false} className="mt-2" />
        </details>
      )}
    </div>
  );
}

interface Frame {
  file: string;
  line: string;
  name: string;
  source: string;
}

/** The innermost frame of code that is no library's. */
export function ownFrame(trace: string): Frame | undefined {
  const lines = trace.split("\n");
  for (let index = lines.length - 1; index >= 0; index--) {
    const [, file = "", line = "", name = ""] = FRAME.exec(lines[index] ?? "") ?? [];
    if (file && !LIBRARY.test(file)) return { file, line, name, source: (lines[index + 1] ?? "").trim() };
  }
  return undefined;
}
