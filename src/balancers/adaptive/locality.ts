// Trims speak of differences inside a locality; what a locality as a whole gets follows from the priors of its members.
// Without this, a locality whose members differ much would draw more than its part: the mean of e^x exceeds e^(mean x).
import type { InstanceId } from "../../model/ids.js";
import type { Factor } from "../../model/plan.js";

export interface LocalityMember {
  readonly id: InstanceId;
  readonly locality: string;
  /** Share relative to the others before the trim, > 0. */
  readonly prior: number;
  /** Log. */
  readonly trim: number;
}

/** The factor that gives each locality the sum of its priors; none where there is only one. */
export function localityFactors(members: readonly LocalityMember[]): (id: InstanceId) => readonly Factor[] {
  const sums = new Map<string, { prior: number; trimmed: number }>();
  for (const { locality, prior, trim } of members) {
    const sum = sums.get(locality) ?? { prior: 0, trimmed: 0 };
    sum.prior += prior;
    sum.trimmed += prior * Math.exp(trim);
    sums.set(locality, sum);
  }
  if (sums.size < 2) return () => [];
  const factors = new Map(
    members.map(({ id, locality }): [InstanceId, readonly Factor[]] => {
      const { prior, trimmed } = sums.get(locality) ?? { prior: 1, trimmed: 1 };
      return [id, [{ name: "locality", value: prior / trimmed, note: "localities get what their capacity says" }]];
    }),
  );
  return (id) => factors.get(id) ?? [];
}
