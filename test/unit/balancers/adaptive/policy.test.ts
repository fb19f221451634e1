import { describe, expect, test } from "@jest/globals";
import { adaptiveConfigSchema } from "../../../../src/balancers/adaptive/config.js";
import { adaptivePolicy } from "../../../../src/balancers/adaptive/policy.js";
import type { InstanceId } from "../../../../src/model/ids.js";
import type { EndpointLoad, SignalMode } from "../../../../src/model/load.js";
import { policyRound, productOf } from "../../../harness/policy-rounds.js";

const config = adaptiveConfigSchema.parse({});

interface Member {
  readonly id: string;
  readonly locality?: string;
  readonly weight?: number;
  readonly latencyMs?: number;
  readonly count?: number;
  readonly rps?: number;
  readonly inFlight?: number;
  readonly utilization?: number | undefined;
  readonly latencySource?: EndpointLoad["latencySource"];
  readonly isHeld?: boolean;
}

type State = ReturnType<typeof adaptivePolicy.evaluate>["state"];

function loadOf({
  id,
  latencyMs = 20,
  count = 100,
  rps = 100,
  inFlight = 2,
  utilization,
  latencySource = "envoy",
}: Member): EndpointLoad {
  return {
    instance: id as InstanceId,
    successes: count,
    errors: 0,
    issued: count,
    inFlight,
    rps,
    errorRate: 0,
    latencyMs,
    latencyCount: count,
    latencySource,
    utilization,
    ageMs: 0,
    confidence: 1,
  };
}

/** Runs rounds of one second and returns the share of each member, as the product of its factors says. */
function run(members: readonly Member[], rounds: number, signalMode: SignalMode = "L", from?: State) {
  let state = from;
  let shares = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    const output = adaptivePolicy.evaluate(policyRound(members, members.map(loadOf), config, state, signalMode));
    state = output.state;
    const products = members.map((_, i) => productOf(output.factorsOf(i)));
    products.forEach((product, i) => expect(product / (output.products[i] ?? 0)).toBeCloseTo(1, 9));
    const total = products.reduce((sum, product) => sum + product, 0);
    shares = new Map(members.map(({ id }, i) => [id, (products[i] ?? 0) / total]));
  }
  return { share: (id: string) => shares.get(id) ?? Number.NaN, state };
}

describe("localities", () => {
  test("a distant locality is not blamed for its distance, and inside each the slower one gets less", () => {
    const { share } = run(
      [
        { id: "near-1", locality: "near", latencyMs: 20 },
        { id: "near-2", locality: "near", latencyMs: 30 },
        { id: "far-1", locality: "far", latencyMs: 60 },
        { id: "far-2", locality: "far", latencyMs: 90 },
      ],
      30,
    );
    expect(share("near-1") + share("near-2")).toBeCloseTo(0.5, 6);
    expect(share("near-1")).toBeGreaterThan(share("near-2") * 1.3);
    expect(share("far-1")).toBeGreaterThan(share("far-2") * 1.3);
  });
});

describe("utilisation", () => {
  const twins: Member[] = [
    { id: "large", rps: 400, utilization: 0.5 },
    { id: "small", rps: 100, utilization: 0.5 },
  ];

  test("capacity is fed forward at once", () => {
    expect(run(twins, 2, "U").share("large")).toBeCloseTo(0.8, 3);
  });

  test("what the trim had learned in its place is not counted twice", () => {
    const before = run(
      [
        { id: "large", latencyMs: 10 },
        { id: "small", latencyMs: 30 },
      ],
      60,
    );
    expect(before.share("large")).toBeGreaterThan(0.85);
    expect(run(twins, 2, "U", before.state).share("large")).toBeCloseTo(0.8, 2);
  });

  test("the last capacity is kept when the reports of it stop", () => {
    const known = run(twins, 5, "U");
    const blind = run(
      twins.map((twin) => ({ ...twin, utilization: undefined })),
      5,
      "L",
      known.state,
    );
    expect(blind.share("large")).toBeCloseTo(0.8, 2);
  });

  test("a wrong latency moves shares little once capacity is known", () => {
    const { share } = run(
      [
        { id: "a", rps: 100, utilization: 0.5, latencyMs: 500 },
        { id: "b", rps: 100, utilization: 0.5 },
      ],
      200,
      "U",
    );
    expect(share("b") / share("a")).toBeLessThanOrEqual(1.65 ** 2 + 1e-9);
  });
});

test("a latency by Little's law weighs as much as the requests that were seen in flight", () => {
  const envoy = run([{ id: "a", latencyMs: 40 }, { id: "b" }], 12);
  const little = run(
    [
      { id: "a", latencyMs: 40, latencySource: "little" },
      { id: "b", latencySource: "little" },
    ],
    12,
  );
  expect(little.share("b")).toBeGreaterThan(0.5);
  expect(little.share("b")).toBeLessThan(envoy.share("b"));
});

test("a held endpoint keeps what was learned, an idle one forgets it slowly", () => {
  const learned = run(
    [
      { id: "a", latencyMs: 10 },
      { id: "b", latencyMs: 30 },
    ],
    40,
  );
  const held = run(
    [
      { id: "a", isHeld: true },
      { id: "b", isHeld: true },
    ],
    200,
    "L",
    learned.state,
  );
  expect(held.share("a")).toBeCloseTo(learned.share("a"), 9);
  const idle = run(
    [
      { id: "a", count: 0 },
      { id: "b", count: 0 },
    ],
    400,
    "N",
    learned.state,
  );
  expect(idle.share("a")).toBeCloseTo(learned.share("a"), 1);
});
