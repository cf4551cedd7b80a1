import { useState } from "react";
import type { KnownPerson } from "@/data/leads";
import { readCsv } from "@/data/leads";
import { plural } from "@/format/number";
import { Field } from "@/ui/Field";

/** A table of people: their addresses go into the form, and the rest is taken as known. */
export function CsvField({ onRead }: { onRead: (people: KnownPerson[]) => void }) {
  const [said, setSaid] = useState<string>();
  const [error, setError] = useState<string>();
  const read = async (file: File | undefined) => {
    if (!file) return;
    setError(undefined);
    try {
      const { people, refused } = await readCsv(await file.text());
      onRead(people);
      setSaid(`${plural(people.length, "person", "people")} read${refused.length > 0 ? `, ${plural(refused.length, "row")} without a person` : ""}`);
    } catch (refusal) {
      setError(refusal instanceof Error ? refusal.message : String(refusal));
    }
  };
  return (
    <Field label="Table" hint={said ?? "A CSV with a column linkedin_url, and whatever else is known: name, title, company, website…"} error={error}>
      {(props) => <input {...props} type="file" accept=".csv,text/csv" className="file:mr-3 file:h-7 file:cursor-pointer file:rounded-control file:border file:border-line-strong file:bg-panel file:px-2.5 file:font-medium" onChange={(event) => void read(event.target.files?.[0])} />}
    </Field>
  );
}
