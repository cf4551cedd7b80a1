import { toast } from "sonner";

const UNDO_MS = 5_000;

/** Something is done, and says so. */
export function said(message: string, description?: string): void {
  toast(message, description === undefined ? {} : { description });
}

/** Something failed, in the server's own words. */
export function failed(what: string, error: unknown): void {
  toast.error(what, { description: error instanceof Error ? error.message : String(error), duration: 10_000 });
}

/** Do it after five seconds, unless it is undone by then. `revert` takes back what the page shows already. */
export function doUnlessUndone(message: string, act: () => Promise<unknown>, revert: () => void = () => undefined): void {
  let isUndone = false;
  const timer = setTimeout(() => {
    if (isUndone) return;
    window.removeEventListener("pagehide", now);
    act().catch((error: unknown) => {
      revert();
      failed(message, error);
    });
  }, UNDO_MS);
  // Who closes the page meant it.
  const now = () => {
    clearTimeout(timer);
    void act();
  };
  window.addEventListener("pagehide", now, { once: true });
  const undo = () => {
    isUndone = true;
    clearTimeout(timer);
    window.removeEventListener("pagehide", now);
    revert();
  };
  toast(message, { duration: UNDO_MS, action: { label: "Undo", onClick: undo } });
}

/** Do it now; a failure is said. */
export async function attempt<T>(what: string, act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    failed(what, error);
    return undefined;
  }
}
