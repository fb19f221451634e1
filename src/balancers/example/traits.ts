// The columns of the seed document's table of algorithms, measured instead of asserted, on runs of the complete example.
// The fairness index is Jain's (1984): (sum x)^2 / (n·sum x^2), 1 = all equal, 1/n = one has all.
import type { BackendSpec } from "../load-balancer.js";
import type { ExampleAlgorithm } from "./algorithms.js";
import {
  type ExampleHooks,
  type ExampleResult,
  type ExampleSettings,
  exampleBackends,
  runExample,
} from "./run-example.js";

export interface AlgorithmTraits {
  /** Jain's index of the shares, with registered weights 10, 20, 30. */
  readonly evenness: number;
  /** Jain's index of share over registered weight. */
  readonly weightFairness: number;
  /** Part of the requests that go to the backend that most requests of the same key go to, 0..1. */
  readonly stickiness: number;
  /** Share of a backend that fails every request within 1 ms, over its share when it is well. 0 = avoided. */
  readonly failingShare: number;
  /** Part of the keys that another backend has after a fourth one of equal weight has joined three; best is 1/4. */
  readonly movedKeys: number;
}

/** A prime number of keys, so that nobody who takes turns meets a key at the same place again. */
const SETTINGS: ExampleSettings = { requests: 6_000, seed: 1, clients: 601, keys: 601, failureRate: 0 };
const FAILING = "backend-2";

/** Deterministic. What happens half-way in the example is left out. */
export function measureTraits(measured: ExampleAlgorithm): AlgorithmTraits {
  const algorithm: ExampleAlgorithm = {
    ...measured,
    make: (...args) => {
      const { balancer, begin } = measured.make(...args);
      return { balancer, begin };
    },
  };
  const backends = exampleBackends(3);
  const run = (hooks: ExampleHooks = {}): ExampleResult => runExample(algorithm, backends, SETTINGS, hooks);
  const owners = new Map<string, Map<string, number>>();
  const well = run({
    onSelected: ({ routeKey = "" }, { id }) => {
      const counts = owners.get(routeKey) ?? new Map<string, number>();
      owners.set(routeKey, counts.set(id, (counts.get(id) ?? 0) + 1));
    },
  });
  const favourites = [...owners.values()].map((counts) => Math.max(...counts.values()));
  const failing = selections(algorithm, backends, {
    outcomeAt: ({ id }, drawn) => (id === FAILING ? { success: false, latencyMs: 1 } : drawn),
  });
  const counts = backends.map(({ id }) => well.distribution[id] ?? 0);
  return {
    evenness: jainIndex(counts),
    weightFairness: jainIndex(backends.map(({ id, weight }) => (well.distribution[id] ?? 0) / weight)),
    stickiness: sum(favourites) / well.attempts,
    failingShare: (failing.get(FAILING) ?? 0) / (selections(algorithm, backends, {}).get(FAILING) ?? 0),
    movedKeys: movedKeys(algorithm),
  };
}

function movedKeys(algorithm: ExampleAlgorithm): number {
  const equal = (count: number): BackendSpec[] => exampleBackends(count).map((backend) => ({ ...backend, weight: 1 }));
  const before = lastOwners(algorithm, equal(3));
  const after = lastOwners(algorithm, equal(4));
  return [...before].filter(([key, owner]) => after.get(key) !== owner).length / before.size;
}

function lastOwners(algorithm: ExampleAlgorithm, backends: readonly BackendSpec[]): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  runExample(algorithm, backends, SETTINGS, {
    onSelected: ({ routeKey = "" }, { id }) => void owners.set(routeKey, id),
  });
  return owners;
}

/** Attempts by backend, retries included. */
function selections(
  algorithm: ExampleAlgorithm,
  backends: readonly BackendSpec[],
  hooks: ExampleHooks,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  runExample(algorithm, backends, SETTINGS, {
    ...hooks,
    onSelected: (_, { id }) => void counts.set(id, (counts.get(id) ?? 0) + 1),
  });
  return counts;
}

function jainIndex(values: readonly number[]): number {
  return sum(values) ** 2 / (values.length * sum(values.map((value) => value ** 2)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
