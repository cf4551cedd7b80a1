/** What is chosen: some rows, or all that fit the filter. */
export interface Selection {
  ids: ReadonlySet<string>;
  isAll: boolean;
  /** Where a range begins that is chosen with shift. */
  anchor: string | undefined;
}

export const NOTHING: Selection = { ids: new Set(), isAll: false, anchor: undefined };

export function toggled(selection: Selection, id: string): Selection {
  const ids = new Set(selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { ids, isAll: false, anchor: id };
}

/** Everything between the anchor and a row takes what the row becomes. */
export function ranged(selection: Selection, id: string, order: readonly string[]): Selection {
  const from = selection.anchor === undefined ? -1 : order.indexOf(selection.anchor);
  const to = order.indexOf(id);
  if (from < 0 || to < 0) return toggled(selection, id);
  const isOn = !selection.ids.has(id);
  const ids = new Set(selection.ids);
  for (const one of order.slice(Math.min(from, to), Math.max(from, to) + 1)) {
    if (isOn) ids.add(one);
    else ids.delete(one);
  }
  return { ids, isAll: false, anchor: id };
}

/** All rows, or none if all are chosen already. */
export function wholly(selection: Selection, order: readonly string[]): Selection {
  const isWhole = order.length > 0 && order.every((id) => selection.ids.has(id));
  return isWhole || selection.isAll ? NOTHING : { ids: new Set(order), isAll: false, anchor: undefined };
}

export const everything = (selection: Selection): Selection => ({ ...selection, isAll: true });
