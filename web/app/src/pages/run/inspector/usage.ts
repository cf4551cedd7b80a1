import { count, money } from "@/format/number";

export interface UsageItem {
  name: string;
  unit: string;
  quantity: number;
  costUsd: number;
}

/** What was used, one line a name: how much of each unit, and what it cost in all. */
export function usageFacts(items: readonly UsageItem[]): [string, string][] {
  return [...Map.groupBy(items, (item) => item.name)].map(([name, members]) => {
    const cost = members.reduce((sum, item) => sum + item.costUsd, 0);
    return [name, [...members.map(amount), ...(cost > 0 ? [money(cost * 100)] : [])].join(" · ")];
  });
}

function amount({ quantity, unit }: UsageItem): string {
  return `${count(quantity)} ${quantity === 1 ? unit.replace(/s$/, "") : unit}`;
}
