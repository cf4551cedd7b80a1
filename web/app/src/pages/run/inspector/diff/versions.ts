/** Artifacts of one name: what the attempts of a run wrote, and the runs that it goes on from, or that go on from it. */

import type { Artifact } from "@/data/run";
import { clock } from "@/format/time";
import { kindOf } from "../kinds";

export interface Version {
  artifact: Artifact;
  /** Which one it is, in words. */
  label: string;
}

export interface Related {
  /** What the run is to this one: `the run it goes on from`. */
  word: string;
  artifacts: readonly Artifact[];
}

const isText = (artifact: Artifact) => !["image", "other"].includes(kindOf(artifact.contentType));
const isLater = (a: Artifact, b: Artifact) => b.createdAt.localeCompare(a.createdAt);

/** What this artifact can be compared with: of its own run first, the newest first. */
export function versionsOf(artifact: Artifact, own: readonly Artifact[], related: readonly Related[]): Version[] {
  if (!isText(artifact)) return [];
  const isVersion = (other: Artifact) => other.id !== artifact.id && other.name === artifact.name && isText(other);
  const named = (word: (one: Artifact) => string) => (one: Artifact) => ({ artifact: one, label: `${word(one)}, ${clock(one.createdAt)}` });
  return [
    ...own.filter(isVersion).toSorted(isLater).map(named((one) => (one.attempt === artifact.attempt ? "same attempt" : `attempt ${one.attempt}`))),
    ...related.flatMap(({ word, artifacts }) => artifacts.filter(isVersion).toSorted(isLater).map(named(() => word))),
  ];
}
