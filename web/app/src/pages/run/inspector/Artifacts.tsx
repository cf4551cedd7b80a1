import type { Artifact } from "@/data/run";
import { Skeleton } from "@/ui/Empty";
import { ArtifactCard } from "./ArtifactCard";
import { Nothing } from "./Heading";

const SHOWN = 100;

/** What the run stored for people to look at, the newest try's first where there were several. */
export function Artifacts({ runId, artifacts }: { runId: string; artifacts: Artifact[] | undefined }) {
  if (!artifacts) return <Skeleton />;
  if (artifacts.length === 0) return <Nothing>The run has stored no artifacts.</Nothing>;
  return (
    <div className="flex flex-col gap-2">
      {artifacts.slice(0, SHOWN).map((artifact, index) => (
        <ArtifactCard key={artifact.id} runId={runId} artifact={artifact} isOpen={index === 0} />
      ))}
      {artifacts.length > SHOWN && <p className="text-fg-3">and {artifacts.length - SHOWN} more, in the report</p>}
    </div>
  );
}
