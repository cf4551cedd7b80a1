/** What a `.env` file holds: names with values, quotes and comments taken off. Lines that are neither are told. */
export function readDotenv(text: string): { variables: Record<string, string>; wrong: string[] } {
  const variables: Record<string, string> = {};
  const wrong: string[] = [];
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    const line = (lines[at] ?? "").trim();
    if (line === "" || line.startsWith("#")) continue;
    const found = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/s.exec(line);
    if (!found?.[1]) {
      wrong.push(line);
      continue;
    }
    let rest = found[2] ?? "";
    const quote = rest[0];
    if (quote === '"' || quote === "'") {
      while (!isClosed(rest, quote) && at + 1 < lines.length) {
        at += 1;
        rest += `\n${lines[at] ?? ""}`;
      }
      if (!isClosed(rest, quote)) {
        wrong.push(line);
        continue;
      }
      const inner = rest.slice(1, endOf(rest, quote));
      variables[found[1]] = quote === '"' ? inner.replace(/\\([nrt"\\$])/g, (_, one: string) => ({ n: "\n", r: "\r", t: "\t" })[one] ?? one) : inner;
    } else {
      variables[found[1]] = rest.replace(/\s+#.*$/, "").trim();
    }
  }
  return { variables, wrong };
}

function endOf(text: string, quote: string): number {
  for (let at = 1; at < text.length; at += 1) {
    if (text[at] === "\\" && quote === '"') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}

const isClosed = (text: string, quote: string) => endOf(text, quote) > 0;
