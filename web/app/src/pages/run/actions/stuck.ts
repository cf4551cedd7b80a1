import type { Attempts } from "@/data/run";

/** Code that ends within this time does what it should: it cleans up. */
const PATIENCE_MS = 3_000;

/** Whether what is left of a run is worth telling. */
export const isStuck = (stopping: Attempts["stopping"], now: number): boolean => stopping !== undefined && now - Date.parse(stopping.since) >= PATIENCE_MS;
