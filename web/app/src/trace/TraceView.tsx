import type { Trace } from "@/data/trace";
import { useSpans } from "@/data/trace";

/** The tree of a run beside its waterfall. */
export function TraceView({ trace, selected, onSelect }: { trace: Trace; selected: string | undefined; onSelect: (id: string) => void }) {
  return (
    <div role="tree" aria-label="Steps" className="flex-1 overflow-auto">
      {useSpans(trace).map((span) => (
        <div key={span.id} role="treeitem" aria-selected={span.id === selected} onClick={() => onSelect(span.id)} style={{ paddingLeft: span.depth * 16 }}>
          {span.name}
        </div>
      ))}
    </div>
  );
}
