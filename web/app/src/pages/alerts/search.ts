export const ALERT_TABS = ["events", "channels", "deliveries"] as const;
export type AlertTab = (typeof ALERT_TABS)[number];

export interface AlertSearch {
  tab?: AlertTab;
  /** Only deliveries to this channel. */
  channel?: string;
}

export function readAlertSearch(raw: Record<string, unknown>): AlertSearch {
  const tab = ALERT_TABS.find((one) => one === raw["tab"]);
  return { ...(tab ? { tab } : {}), ...(typeof raw["channel"] === "string" ? { channel: raw["channel"] } : {}) };
}
