// Collections of the `xdstp:` naming scheme: `xdstp://authority/type/path/*?context` stands for every resource directly
// below the path with the same context parameters. Any other name is opaque, with `*` in it or not: a virtual host may be
// called `routes/*`.

const SCHEME = "xdstp:";
const LAST = /\/\*(\?.*)?$/s;

export interface Glob {
  readonly name: string;
  matches(name: string): boolean;
}

/** The collection that a name stands for; `undefined`: it is the name of one resource. */
export function globOf(name: string): Glob | undefined {
  if (!name.startsWith(SCHEME)) return undefined;
  const last = LAST.exec(name);
  if (!last) return undefined;
  const prefix = name.slice(0, last.index + 1);
  const suffix = last[1] ?? "";
  return {
    name,
    matches: (other) => {
      if (!other.startsWith(prefix) || !other.endsWith(suffix)) return false;
      const own = other.slice(prefix.length, other.length - suffix.length);
      return own !== "" && own !== "*" && !/[/?]/.test(own);
    },
  };
}

const NO_GLOBS: readonly Glob[] = [];

/** The collections among `names`. */
export function globsOf(names: Iterable<string>): readonly Glob[] {
  let globs: Glob[] | undefined;
  for (const name of names) {
    const glob = globOf(name);
    if (glob) (globs ??= []).push(glob);
  }
  return globs ?? NO_GLOBS;
}

/** Those of `names` that `glob` matches. */
export function* membersOf(glob: Glob, names: Iterable<string>): Generator<string> {
  for (const name of names) if (glob.matches(name)) yield name;
}
