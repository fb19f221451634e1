// The columns of the seed document's table of algorithms, measured instead of asserted, on runs of the complete example.
// The fairness index is Jain's (1984): (sum x)^2 / (n·sum x^2), 1 = all equal, 1/n = one has all.
import type { BackendSpec } from "../load-balancer.js";
import type { ExampleAlgorithm } from "./algorithms.js";
import { type ExampleHooks, type ExampleSettings, exampleBackends, runExample } from "./run-example.js";

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
  const well = selectionsOf(algorithm, backends);
  const failing = selectionsOf(algorithm, backends, {
    outcomeAt: ({ id }, drawn) => (id === FAILING ? { success: false, latencyMs: 1 } : drawn),
  });
  const counts = backends.map(({ id }) => countOf(well, id));
  return {
    evenness: jainIndex(counts),
    weightFairness: jainIndex(backends.map(({ id, weight }) => countOf(well, id) / weight)),
    stickiness: sum([...well.values()].map((byBackend) => Math.max(...byBackend.values()))) / sum(counts),
    failingShare: countOf(failing, FAILING) / countOf(well, FAILING),
    movedKeys: movedKeys(algorithm),
  };
}

/** How often each backend was selected for each key, retries included. */
type Selections = ReadonlyMap<string, ReadonlyMap<string, number>>;

function selectionsOf(
  algorithm: ExampleAlgorithm,
  backends: readonly BackendSpec[],
  hooks: ExampleHooks = {},
): Selections {
  const selections = new Map<string, Map<string, number>>();
  runExample(algorithm, backends, SETTINGS, {
    ...hooks,
    onSelected: ({ routeKey = "" }, { id }) => {
      const counts = selections.get(routeKey) ?? new Map<string, number>();
      selections.set(routeKey, counts.set(id, (counts.get(id) ?? 0) + 1));
    },
  });
  return selections;
}

function countOf(selections: Selections, backendId: string): number {
  return sum([...selections.values()].map((byBackend) => byBackend.get(backendId) ?? 0));
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

function jainIndex(values: readonly number[]): number {
  return sum(values) ** 2 / (values.length * sum(values.map((value) => value ** 2)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
