import { useQueries, useQuery } from "@tanstack/react-query";
import type { Artifact } from "@/data/run";
import { artifactsQuery, attemptsQuery, wholeRunQuery } from "@/data/run";
import type { Version } from "./versions";
import { versionsOf } from "./versions";

/** What an artifact of a run can be compared with. */
export function useVersions(runId: string, artifact: Artifact): Version[] {
  const { data: own } = useQuery(artifactsQuery(runId));
  const { data: attempts } = useQuery(attemptsQuery(runId));
  const { data: whole } = useQuery(wholeRunQuery(runId));
  const named: [string | undefined, string][] = [
    [attempts?.resumedFromId, "the run it goes on from"],
    [attempts?.continuedById, "the run that went on"],
    [whole?.replayedRunId, "the run it replays"],
  ];
  const related = named.flatMap(([id, word]) => (id === undefined ? [] : [{ id, word }]));
  const found = useQueries({ queries: related.map(({ id }) => artifactsQuery(id)) });
  return versionsOf(
    artifact,
    own ?? [],
    related.map(({ word }, index) => ({ word, artifacts: found[index]?.data ?? [] })),
  );
}
