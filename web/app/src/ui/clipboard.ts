/** Puts a text on the clipboard. Pages of a server without TLS have none of their own: there, what is selected is copied. */
export async function toClipboard(text: string): Promise<void> {
  // Browsers leave it out where a page came over http from another machine.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard) return clipboard.writeText(text);
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.style.position = "fixed";
  field.style.opacity = "0";
  // Within a dialog that is open, which keeps the focus to itself.
  (before?.parentElement ?? document.body).append(field);
  field.focus();
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  if (!isCopied) throw new Error("This browser copies nothing here: select the text");
}
