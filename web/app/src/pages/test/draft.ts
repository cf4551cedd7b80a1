import { useState } from "react";
import { parseJson } from "@/format/json";
import type { Schema } from "./model/schema";
import { blank } from "./model/value";

const KEY = "runcast.test.";

/** A payload in the making: a value, and the text that is edited in its place. */
export interface Draft {
  value: unknown;
  /** Of the JSON editor; undefined: as the value is. */
  text: string | undefined;
}

/** What the JSON editor shows. */
export const textOf = (draft: Draft): string => draft.text ?? (draft.value === undefined ? "" : JSON.stringify(draft.value, null, 2));

/** Why the text is no JSON; undefined: it is, or there is none. */
export function jsonProblem(draft: Draft): string | undefined {
  if (draft.text === undefined || draft.text.trim() === "") return undefined;
  try {
    JSON.parse(draft.text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The draft once its text is changed: the value follows as far as the text is JSON. */
export function typed(draft: Draft, text: string): Draft {
  if (text.trim() === "") return { value: undefined, text };
  try {
    return { value: parseJson(text), text };
  } catch {
    return { value: draft.value, text };
  }
}

/** A draft that outlives a reload of the page, one for each task. `begun`: what it begins with instead. */
export function useDraft(task: string, schema: Schema, begun?: { payload: unknown }) {
  const [draft, setDraft] = useState<Draft>(() => (begun ? { value: begun.payload, text: undefined } : stored(task)) ?? { value: blank(schema, schema), text: undefined });
  const put = (next: Draft) => {
    setDraft(next);
    try {
      sessionStorage.setItem(KEY + task, JSON.stringify(next));
    } catch {
      // Too large to be kept: it lasts as long as the page.
    }
  };
  const reset = () => {
    setDraft({ value: blank(schema, schema), text: undefined });
    sessionStorage.removeItem(KEY + task);
  };
  return { draft, put, reset };
}

function stored(task: string): Draft | undefined {
  const text = sessionStorage.getItem(KEY + task);
  if (text === null) return undefined;
  const { value, text: written } = parseJson(text) as { value?: unknown; text?: string };
  return { value, text: written };
}
