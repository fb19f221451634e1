// Pages of a sorted list. The cursor is the key of the last item, so that a page stays right when items before it come
// and go.

export interface Page<T> {
  readonly items: readonly T[];
  /** Absent at the end. */
  readonly nextCursor?: string;
}

const DEFAULT_PAGE = 1_000;

/** @param sorted ascending by `keyOf`, by code unit */
export function pageOf<T>(
  sorted: readonly T[],
  keyOf: (item: T) => string,
  query: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
): Page<T> {
  const { cursor, limit = DEFAULT_PAGE } = query;
  const rest = cursor === undefined ? sorted : sorted.filter((item) => keyOf(item) > cursor);
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return rest.length > items.length && last !== undefined ? { items, nextCursor: keyOf(last) } : { items };
}
