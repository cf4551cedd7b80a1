import type { ReactNode } from "react";
import { lazy, Suspense, useState } from "react";
import type { Artifact } from "@/data/run";
import { loadPart } from "@/data/parts";
import { Skeleton } from "@/ui/Empty";
import { Field, Select } from "@/ui/Field";
import { useVersions } from "./useVersions";

const DiffView = lazy(() => loadPart(() => import("./DiffView")));

/** An artifact as it is, or, where there are others of its name, how it differs from one of them. */
export function Compared({ runId, artifact, children }: { runId: string; artifact: Artifact; children: ReactNode }) {
  const versions = useVersions(runId, artifact);
  const [chosen, setChosen] = useState("");
  const before = versions.find((one) => one.artifact.id === chosen);
  return (
    <>
      {versions.length > 0 && (
        <Field label="Compare with" className="mb-2 flex-row items-center gap-2 text-xs">
          {(props) => (
            <Select {...props} value={before ? chosen : ""} onChange={(event) => setChosen(event.target.value)} className="min-w-0 flex-1 text-xs">
              <option value="">nothing: show it</option>
              {versions.map((one) => (
                <option key={one.artifact.id} value={one.artifact.id}>
                  {one.label}
                </option>
              ))}
            </Select>
          )}
        </Field>
      )}
      {before ? (
        <Suspense fallback={<Skeleton rows={3} />}>
          <DiffView key={before.artifact.id} before={before.artifact} after={artifact} label={before.label} />
        </Suspense>
      ) : (
        children
      )}
    </>
  );
}
