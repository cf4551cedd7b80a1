/** What the address of a run's page holds. */
export interface RunSearch {
  /** Id of the span that is looked at; absent: the run itself. */
  step?: string;
  /** Tab of the inspector. */
  tab?: string;
  attempt?: number;
}

export function readRunSearch(search: Record<string, unknown>): RunSearch {
  const attempt = Number(search["attempt"]);
  return {
    ...(typeof search["step"] === "string" ? { step: search["step"] } : {}),
    ...(typeof search["tab"] === "string" ? { tab: search["tab"] } : {}),
    ...(Number.isInteger(attempt) && attempt > 0 ? { attempt } : {}),
  };
}
