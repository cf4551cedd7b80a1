/** Tracebacks of Python, read: the user's own frames come first, as the server records them. */

export interface Frame {
  file: string;
  line: number;
  name: string;
  code: string | undefined;
}

const FRAME = /^ {2}File "(.+)", line (\d+), in (.+)$/;
const IN_FULL = "\nIn full:\n";

/** The user's own frames, the innermost first: where it broke. */
export function framesOf(stack: string | undefined): Frame[] {
  const found: Frame[] = [];
  for (const line of (stack ?? "").split(IN_FULL)[0]?.split("\n") ?? []) {
    const match = FRAME.exec(line);
    if (match) found.push({ file: match[1] ?? "", line: Number(match[2]), name: match[3] ?? "", code: undefined });
    else if (line.startsWith("    ") && line.trim().replace(/[~^]/g, "") !== "") {
      const last = found.at(-1);
      if (last && last.code === undefined) last.code = line.trim();
    }
  }
  return found.reverse();
}

/** All that was recorded, with what frameworks did in between. */
export function wholeStack(stack: string): string {
  const [own, full] = stack.split(IN_FULL, 2);
  return full ?? own ?? stack;
}

/** `tasks.py:155 in parse_invoice`. */
export function placeOf(frame: Frame): string {
  return `${frame.file.split(/[/\\]/).at(-1)}:${frame.line} in ${frame.name}`;
}
