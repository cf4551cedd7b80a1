/** What is selected in the tree of a run: the run itself, one below it, or something that one of them did. */
export interface Selection {
  /** The run that it is of. */
  runId: string;
  spanId: string;
  /** `run`, `attempt`, `log`, or the kind of a journal entry. */
  kind: string;
  name: string;
  /** Of the journal's entry, for those that are one. */
  key?: string | undefined;
  /** The run that it started. */
  childRunId?: string | undefined;
  /** ISO; undefined: it goes on. */
  startedAt?: string | undefined;
  finishedAt?: string | undefined;
  attempt?: number | undefined;
}
