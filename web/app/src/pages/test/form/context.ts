import { createContext, useContext } from "react";
import type { Problem } from "../model/check";
import type { Path, Schema } from "../model/schema";

/** What every part of the form knows. */
export interface Form {
  root: Schema;
  problems: readonly Problem[];
  /** Problems are shown once somebody tried to trigger, and where something was put in. */
  isTried: boolean;
  change: (path: Path, value: unknown) => void;
}

const Context = createContext<Form | undefined>(undefined);
export const FormProvider = Context.Provider;

export function useForm(): Form {
  const form = useContext(Context);
  if (!form) throw new Error("a part of a form belongs into a form");
  return form;
}

/** What is wrong right here, not further inside. */
export function useProblem(path: Path, value: unknown): string | undefined {
  const { problems, isTried } = useForm();
  if (!isTried && (value === undefined || value === null || value === "")) return undefined;
  const key = path.join("\0");
  return problems.find((one) => one.path.join("\0") === key)?.message;
}
