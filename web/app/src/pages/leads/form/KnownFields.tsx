import { Field, TextArea } from "@/ui/Field";
import { CsvField } from "./CsvField";
import type { Told } from "./known";

/** What one knows already: a table, a text, pages to read. `onAdd` takes the addresses of a table. */
export function KnownFields({ told, isOne, onChange, onAdd }: { told: Told; isOne: boolean; onChange: (change: Partial<Told>) => void; onAdd: (urls: string[]) => void }) {
  return (
    <details className="text-fg-2">
      <summary>What you know already</summary>
      <div className="mt-3 flex flex-col gap-3">
        <CsvField
          onRead={(people) => {
            onChange({ people });
            onAdd(people.map((person) => person.linkedinUrl));
          }}
        />
        <Field label="Text" {...(isOne || !told.text ? { hint: "Of one person: paste a profile or notes; facts are taken as you give them" } : { error: "A text is about one person: with several addresses it is not used. Use a table." })}>
          {(props) => <TextArea {...props} rows={4} value={told.text} onChange={(event) => onChange({ text: event.target.value })} />}
        </Field>
        <Field label="Public pages to read" hint="Addresses of a company or person, one a line">
          {(props) => <TextArea {...props} rows={2} spellCheck={false} className="font-mono text-xs" value={told.pages} onChange={(event) => onChange({ pages: event.target.value })} />}
        </Field>
      </div>
    </details>
  );
}
