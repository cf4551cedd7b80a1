import { useState } from "react";

/** A form that is sent: whether it is on its way, and what the server does not take about it. */
export interface Sending {
  isBusy: boolean;
  error: string | undefined;
  /** What `act` came to; undefined when it was refused, and then `error` says why. */
  send: <T>(act: () => Promise<T>) => Promise<T | undefined>;
}

/** The state of a form that is sent to the server. */
export function useSending(): Sending {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const send = async <T>(act: () => Promise<T>): Promise<T | undefined> => {
    setBusy(true);
    setError(undefined);
    try {
      return await act();
    } catch (refusal) {
      setError(refusal instanceof Error ? refusal.message : String(refusal));
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, error, send };
}
