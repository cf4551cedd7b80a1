/** What is done to runs, and to what they wait for. */

import { post } from "./api";
import { runPath } from "./run";

interface Made {
  id: string;
}
export const resumeRun = (id: string) => post<Made>(runPath(id, "/resume"));
export const skipStep = (id: string, key: string, value: unknown) => post<Made>(runPath(id, "/skip"), { key, value });
export const forkRun = (id: string, fromKey: string, payload?: unknown) => post<Made>(runPath(id, "/fork"), payload === undefined ? { fromKey } : { fromKey, payload });
export const replayRun = (id: string, payload?: unknown) => post<Made>(runPath(id, "/replay"), payload === undefined ? {} : { payload });
export const cancelRun = (id: string) => post(`/api/v2/runs/${encodeURIComponent(id)}/cancel`);
/** Also what has ended and goes on all the same: its slots are free at once. */
export const forceCancel = (id: string) => post<Made>(`/api/v2/runs/${encodeURIComponent(id)}/cancel`, { force: true });
export const rescheduleRun = (id: string, delay: string) => post(runPath(id, "/reschedule"), { delay });
export const addTags = (id: string, tags: string[]) => post(runPath(id, "/tags"), { tags });
export const completeToken = (id: string, data: unknown) => post(`/api/v1/waitpoints/tokens/${encodeURIComponent(id)}/complete`, { data });
