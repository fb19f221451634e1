// The input of both hash tables: hosts with normalised weights, computed with the same floating-point operations as
// Envoy's thread_aware_lb_impl.cc, since a rounding difference would move entries of the table.

export interface HashHost {
  /** What Envoy hashes for this host: `IP:PORT`. */
  readonly key: string;
  /** Weight over the sum of weights, 0..1. */
  readonly weight: number;
}

/** Registered weights; health is not the table's business, so that a degraded host keeps its place in it. */
export function hashHosts(
  backends: readonly { readonly address: string; readonly weight: number }[],
): readonly HashHost[] {
  const sum = backends.reduce((total, { weight }) => total + weight, 0);
  return backends.map(({ address, weight }) => ({ key: address, weight: weight / sum }));
}
