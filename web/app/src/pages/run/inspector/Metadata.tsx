import type { Run } from "@runcast/client";
import { Json } from "@/ui/Json";
import { Nothing } from "./Heading";

/** What the run says of itself, as it changes. */
export function Metadata({ run }: { run: Run }) {
  const { metadata } = run;
  if (!metadata || Object.keys(metadata).length === 0) return <Nothing>The run has set no metadata.</Nothing>;
  return <Json value={metadata} />;
}
