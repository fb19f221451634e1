// Who plays: nine backends in three capacities, and what is done to which of them.

/** The two clusters that get the same requests at the same instants, each with a fleet of its own. */
export const SHOP = "shop";
export const BASELINE = "baseline";

export interface Member {
  readonly name: string;
  readonly slots: number;
}

export const MEMBERS: readonly Member[] = [
  ...[1, 2, 3].map((i) => ({ name: `small-${i}`, slots: 1 })),
  ...[1, 2, 3].map((i) => ({ name: `medium-${i}`, slots: 2 })),
  ...[1, 2, 3].map((i) => ({ name: `large-${i}`, slots: 4 })),
];

export const SLOW = { name: "medium-2", factor: 10 } as const;
export const FAILING = "small-2";
export const NEWCOMER: Member = { name: "medium-4", slots: 2 };
export const LEAVING = "large-3";

/** Mean service time of one slot; exponential. */
export const SERVICE_MEAN_MS = 30;
/** Fraction of the fleet's capacity that the load takes. */
export const UTILISATION = 0.7;

export const CAPACITY_RPS = (MEMBERS.reduce((sum, member) => sum + member.slots, 0) * 1000) / SERVICE_MEAN_MS;
export const RATE_RPS = Math.round(CAPACITY_RPS * UTILISATION);
