// What the ring and the Maglev table have in common: a circle of slots, each owned by one host, on which a key's hash
// has a place. Whoever must not take the key is passed over by walking on.

export interface OwnerTable {
  /** Number of slots; 0 when there are no hosts. */
  readonly size: number;
  /** The slot of a hash, given as two halves 0..2^32-1; any number when the table is empty. */
  slotOf(high: number, low: number): number;
  /** Index of the host that owns the slot. `slot` is 0..size-1. */
  ownerOf(slot: number): number;
}
