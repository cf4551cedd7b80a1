import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";

/** A key, or two after each other (`g r`), or with modifiers (`mod+k`, `shift+c`). */
export interface Shortcut {
  keys: string;
  /** What it does, for the sheet that `?` opens. */
  label: string;
  /** Where it belongs in that sheet. */
  group?: string;
  run: (event: KeyboardEvent) => void;
  /** Also while something is typed. */
  inFields?: boolean;
  /** Again and again while the key is held. What does something does it once. */
  repeats?: boolean;
}

/** What lies above the page, the topmost last: its keys hold alone. */
const layers: symbol[] = [];
/** Where a component's keys belong; undefined: to the page. */
export const Layer = createContext<symbol | undefined>(undefined);

/** A layer above the page, as long as the component is there: what is below hears no keys. */
export function useLayer(): symbol {
  const [layer] = useState(() => Symbol("layer"));
  useEffect(() => {
    layers.push(layer);
    return () => void layers.splice(layers.indexOf(layer), 1);
  }, [layer]);
  return layer;
}

const active = new Map<Shortcut, symbol | undefined>();
const listeners = new Set<() => void>();
let shown: readonly Shortcut[] = [];
let prefix = "";
let prefixTimer: ReturnType<typeof setTimeout> | undefined;
const PREFIX_MS = 1_200;

/** Shortcuts that hold while the component is on the page. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const newest = useRef(shortcuts);
  newest.current = shortcuts;
  const layer = useContext(Layer);
  const signature = shortcuts.map((one) => `${one.keys}:${one.label}`).join("|");
  useEffect(() => {
    const mine = newest.current.map((one, index): Shortcut => ({ ...one, run: (event) => newest.current[index]?.run(event) }));
    for (const one of mine) active.set(one, layer);
    tell();
    return () => {
      for (const one of mine) active.delete(one);
      tell();
    };
  }, [signature, layer]);
}

/** All that hold now. */
export function useActiveShortcuts(): readonly Shortcut[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
}

function tell(): void {
  shown = [...active.keys()];
  for (const listener of listeners) listener();
}

/** What a key press is called here. */
export function nameOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const modifiers = [
    (event.metaKey || event.ctrlKey) && "mod",
    event.altKey && "alt",
    event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key)) && "shift",
  ];
  return [...modifiers.filter(Boolean), key].join("+");
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  return !!target?.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true], [role=combobox]");
}

function heard(): Shortcut[] {
  return [...active].filter(([, layer]) => layer === layers.at(-1)).map(([one]) => one);
}

/** Who was mounted last is asked first: a part above a page. */
function find(keys: string, typing: boolean): Shortcut | undefined {
  return heard().findLast((one) => one.keys === keys && (!typing || one.inFields));
}

function isPrefix(key: string): boolean {
  return heard().some((one) => one.keys.startsWith(`${key} `));
}

export function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing) return;
  const typing = isTyping(event);
  const key = nameOf(event);
  const found = (prefix && find(`${prefix} ${key}`, typing)) || find(key, typing);
  clearTimeout(prefixTimer);
  prefix = "";
  if (found) {
    event.preventDefault();
    if (!event.repeat || found.repeats) found.run(event);
  } else if (!typing && isPrefix(key)) {
    prefix = key;
    prefixTimer = setTimeout(() => (prefix = ""), PREFIX_MS);
  }
}

const isMac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

/** How keys are printed: `⌘K` or `Ctrl K`, `⇧C`, `G R`. */
export function printed(keys: string): string {
  return keys
    .split(" ")
    .map((chord) =>
      chord
        .split("+")
        .map((key) => ({ mod: isMac ? "⌘" : "Ctrl ", shift: "⇧", alt: isMac ? "⌥" : "Alt ", Enter: "↵", Escape: "Esc", ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→" })[key] ?? key.toUpperCase())
        .join(""),
    )
    .join(" ");
}
