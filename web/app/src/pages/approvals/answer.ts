import type { AnswerForm, Option } from "@/data/waits";

/** What a button means, with what is in the fields. */
export function answerOf(form: AnswerForm, option: Option | undefined, fields: Readonly<Record<string, unknown>>): unknown {
  if (!form.isObject) return option?.value;
  const decided = form.decides === "" ? {} : { [form.decides]: option?.value };
  const given = form.fields.flatMap((field) => {
    const value = fields[field.name] ?? (field.kind === "flag" ? (field.default ?? false) : undefined);
    if (value !== undefined && value !== "") return [[field.name, value] as const];
    return field.required && field.kind === "text" ? [[field.name, ""] as const] : [];
  });
  return { ...decided, ...Object.fromEntries(given) };
}

/** An answer by the name of its button, or as it is. */
export function said(form: AnswerForm | undefined, output: string | undefined): string {
  if (output === undefined) return "";
  const answer = JSON.parse(output) as unknown;
  const decided = form?.decides && typeof answer === "object" && answer !== null ? (answer as Record<string, unknown>)[form.decides] : answer;
  return form?.options.find((option) => option.value === decided)?.label ?? (typeof answer === "string" ? answer : output);
}
