/** Where one is, what can be done, how far it is. `spanKey`: the journal's key of the selected step, which actions are about. */
export function RunHeader({ runId, spanKey }: { runId: string; spanKey?: string | undefined }) {
  void spanKey;
  return <header>{runId}</header>;
}
