import { useMemo } from "react";
import { plural } from "@/format/number";
import { readCsv } from "./csv";

const ROWS_MAX = 200;

/** A CSV as a table, its first row on top. */
export function CsvTable({ text, separator }: { text: string; separator: string }) {
  const [head = [], ...rows] = useMemo(() => readCsv(text, separator, ROWS_MAX + 2), [text, separator]);
  return (
    <div tabIndex={0} role="region" aria-label="Table" className="max-h-96 overflow-auto rounded-card border border-line">
      <table className="w-full border-collapse text-left text-xs">
        <thead className="sticky top-0 bg-sunken">
          <tr>
            {head.map((cell, index) => (
              <th key={index} scope="col" className="border-b border-line px-3 py-1.5 font-medium whitespace-nowrap">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS_MAX).map((row, index) => (
            <tr key={index} className="border-b border-line last:border-0">
              {row.map((cell, column) => (
                <td key={column} className="max-w-72 truncate px-3 py-1.5" title={cell}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROWS_MAX && <p className="px-3 py-1.5 text-xs text-fg-3">The first {plural(ROWS_MAX, "row")}; download it for all.</p>}
    </div>
  );
}
