/** Rows of a CSV, as RFC 4180 and spreadsheets write them; at most so many. */
export function readCsv(text: string, separator = ",", rowsMax = 1_000): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let isQuoted = false;
  const end = () => {
    row.push(cell);
    cell = "";
  };
  for (let at = 0; at < text.length && rows.length < rowsMax; at += 1) {
    const char = text[at];
    if (isQuoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else isQuoted = false;
    } else if (char === '"' && cell === "") isQuoted = true;
    else if (char === separator) end();
    else if (char === "\n") {
      end();
      rows.push(row);
      row = [];
    } else if (char !== "\r") cell += char;
  }
  if ((cell !== "" || row.length > 0) && rows.length < rowsMax) {
    end();
    rows.push(row);
  }
  return rows;
}
