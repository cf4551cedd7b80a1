import { loadPart } from "@/data/parts";

/** What draws toasts is loaded with the first one. */
const sonner = () => loadPart(() => import("sonner"));

const UNDO_MS = 5_000;
let began = 0;

/** Something is done, and says so. `action` is what one may like to do next. */
export function said(message: string, description?: string, action?: { label: string; onClick: () => void }): void {
  const options = { ...(description === undefined ? {} : { description }), ...(action === undefined ? {} : { action }) };
  void sonner().then(({ toast }) => toast(message, options));
}

/** Something goes on; `tell` says how far, `end` that it is over. */
export function going(message: string): { tell: (message: string) => void; end: () => void } {
  const id = `going ${(began += 1)}`;
  const tell = (text: string) => void sonner().then(({ toast }) => toast.loading(text, { id }));
  tell(message);
  return { tell, end: () => void sonner().then(({ toast }) => toast.dismiss(id)) };
}

/** Something failed, in the server's own words. */
export function failed(what: string, error: unknown): void {
  void sonner().then(({ toast }) => toast.error(what, { description: error instanceof Error ? error.message : String(error), duration: 10_000 }));
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
  void sonner().then(({ toast }) => toast(message, { duration: UNDO_MS, action: { label: "Undo", onClick: undo } }));
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
