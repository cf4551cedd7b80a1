import type { TestOptions } from "@/data/tasks";

/** Options as they are typed. */
export interface OptionTexts {
  queue: string;
  delay: string;
  ttl: string;
  tags: string;
  idempotencyKey: string;
  concurrencyKey: string;
  machine: string;
  priority: string;
  maxAttempts: string;
  maxDuration: string;
  isTest: boolean;
}

export const NO_OPTIONS: OptionTexts = { queue: "", delay: "", ttl: "", tags: "", idempotencyKey: "", concurrencyKey: "", machine: "", priority: "", maxAttempts: "", maxDuration: "", isTest: true };

const NUMBERS = ["priority", "maxAttempts", "maxDuration"] as const;

/** How many are set beside the usual. */
export const countOptions = (texts: OptionTexts): number => Object.entries(texts).filter(([name, text]) => name !== "isTest" && text !== "").length;

/** Those that no number is, though they have to be one. */
export function optionProblems(texts: OptionTexts): Partial<Record<keyof OptionTexts, string>> {
  return Object.fromEntries(NUMBERS.filter((name) => texts[name] !== "" && Number.isNaN(Number(texts[name]))).map((name) => [name, "is a number"]));
}

/** As the API takes them; what is empty is left to the task. */
export function readOptions(texts: OptionTexts): TestOptions {
  const options: TestOptions = { test: texts.isTest };
  const tags = texts.tags.split(",").map((tag) => tag.trim()).filter(Boolean);
  if (texts.queue) options.queue = { name: texts.queue };
  for (const name of ["delay", "ttl", "idempotencyKey", "concurrencyKey", "machine"] as const) if (texts[name]) options[name] = texts[name];
  for (const name of NUMBERS) if (texts[name]) options[name] = Number(texts[name]);
  if (tags.length > 0) options.tags = tags;
  return options;
}
