// Numbers per member of a pool, one column per field. State of ten thousand endpoints that is new every second must not be
// ten thousand objects: the collector would copy them all, every second. Who makes a table fills it; once it was handed out
// nobody writes to it, so that what was concluded from it can be explained at any later time. Written as JSON it is rows by
// id, and what such JSON yields is taken for a table again.

/** The field names, and what a member has of each before anything is known of it. */
export type Defaults<Field extends string> = Readonly<Record<Field, number>>;

export type Columns<Field extends string> = Readonly<Record<Field, Float64Array>>;

/** A table that went through JSON. Numbers of a row are in the order of `fields`. */
export interface StoredTable {
  readonly fields: readonly string[];
  readonly rows: Readonly<Record<string, readonly number[]>>;
}

export class MemberTable<Field extends string> {
  readonly ids: readonly string[];
  readonly columns: Columns<Field>;
  readonly #defaults: Defaults<Field>;
  /** What `alignedTo` gave last: between two changes of membership it is asked for the same, every round. */
  #aligned: MemberTable<Field> | undefined;

  /** Everybody at the defaults. */
  constructor(defaults: Defaults<Field>, ids: readonly string[]) {
    this.ids = ids;
    this.#defaults = defaults;
    const fields = Object.keys(defaults) as Field[];
    const memory = new Float64Array(fields.length * ids.length);
    const columns: Partial<Record<Field, Float64Array>> = {};
    for (const [i, field] of fields.entries()) {
      const column = new Float64Array(memory.buffer, i * ids.length * memory.BYTES_PER_ELEMENT, ids.length);
      columns[field] = defaults[field] === 0 ? column : column.fill(defaults[field]);
    }
    this.columns = columns as Columns<Field>;
  }

  /**
   * What is known of these members, in their order; the rest is at the defaults, and so is everybody when `known` is not a
   * table (an older version's checkpoint, say): then learning starts anew.
   */
  static of<Field extends string>(
    defaults: Defaults<Field>,
    ids: readonly string[],
    known: MemberTable<Field> | StoredTable | undefined,
  ): MemberTable<Field> {
    if (known instanceof MemberTable) return known.alignedTo(ids);
    return restored(defaults, ids, known);
  }

  /** This table when the order is its own (the same array); otherwise its rows in the new order, newcomers at the defaults. */
  alignedTo(ids: readonly string[]): MemberTable<Field> {
    if (ids === this.ids) return this;
    if (this.#aligned?.ids === ids) return this.#aligned;
    const aligned = new MemberTable(this.#defaults, ids);
    const sources = sourcesOf(this.ids, ids);
    for (const field of Object.keys(this.#defaults) as Field[]) {
      const from = this.columns[field];
      const to = aligned.columns[field];
      for (let i = 0; i < sources.length; i++) {
        const value = from[sources[i] ?? -1];
        if (value !== undefined) to[i] = value;
      }
    }
    this.#aligned = aligned;
    return aligned;
  }

  toJSON(): StoredTable {
    const fields = Object.keys(this.#defaults) as Field[];
    const rows = this.ids.map((id, i) => [id, fields.map((field) => this.columns[field][i] ?? 0)]);
    return { fields, rows: Object.fromEntries(rows) };
  }
}

/** Position in `before` of each of `after`; -1 = it is not there. */
function sourcesOf(before: readonly string[], after: readonly string[]): Int32Array {
  const positions = new Map<string, number>();
  for (const [position, id] of before.entries()) positions.set(id, position);
  return Int32Array.from(after, (id) => positions.get(id) ?? -1);
}

function restored<Field extends string>(
  defaults: Defaults<Field>,
  ids: readonly string[],
  stored: Partial<StoredTable> | undefined,
): MemberTable<Field> {
  const table = new MemberTable(defaults, ids);
  const fields = stored?.fields;
  const rows = stored?.rows ?? {};
  if (!Array.isArray(fields)) return table;
  for (const [i, id] of ids.entries()) {
    const row = Object.hasOwn(rows, id) ? rows[id] : undefined;
    for (const [k, field] of fields.entries()) {
      const value: unknown = row?.[k];
      if (Object.hasOwn(defaults, field) && Number.isFinite(value)) table.columns[field as Field][i] = Number(value);
    }
  }
  return table;
}
