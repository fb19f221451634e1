// Proto JSON has two spellings of every field: as in the proto, and in lowerCamelCase. One schema reads both.

/** Keys of these maps are data, not names of fields. */
const MAPS: ReadonlySet<string> = new Set(["filterMetadata", "typedFilterMetadata"]);

/** The same value with all names of fields in lowerCamelCase. */
export function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => {
      const name = camel(key);
      return [name, MAPS.has(name) ? field : camelCased(field)];
    }),
  );
}

/** A path into the result of `camelCased`, as the sender spelled it in `value`. */
export function sentPath(value: unknown, path: readonly PropertyKey[]): PropertyKey[] {
  let at: unknown = value;
  return path.map((token) => {
    if (typeof at !== "object" || at === null) return token;
    const name = Object.keys(at).find((key) => key === token || camel(key) === token) ?? token;
    at = (at as Record<PropertyKey, unknown>)[name];
    return name;
  });
}

function camel(key: string): string {
  return key.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
