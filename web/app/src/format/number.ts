/** `1,204`. */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** A count that may have stopped at a limit: `1,000+`. */
export function capped(value: number, limit: number): string {
  return value >= limit ? `${count(limit)}+` : count(value);
}

/** `1 run`, `2 runs`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** `$0.0248` below a dollar, `$31.20` from there on; what is less than any digit says so. */
export function money(cents: number): string {
  const dollars = cents / 100;
  if (dollars === 0) return "$0";
  if (dollars > 0 && dollars < 0.00005) return "<$0.0001";
  return dollars < 0.99995 ? `$${dollars.toFixed(4)}` : `$${dollars.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

/** `640 B`, `12 KB`, `3.4 MB`. */
export function bytes(value: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let amount = value;
  let unit = 0;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || amount >= 100 ? Math.round(amount) : amount.toFixed(1)} ${units[unit]}`;
}

/** A share as a whole percentage that says 100 only when all is done. */
export function percent(share: number): string {
  const value = Math.max(0, Math.min(1, share)) * 100;
  return `${value < 100 ? Math.floor(value) : 100}%`;
}

/** The end of an id, which tells runs apart: `8f2kqa3m`. */
export function shortId(id: string): string {
  return id.slice(-8);
}
