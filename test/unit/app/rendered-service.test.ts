// Copies of a service's resources: shared by those who get the same, and gone with the last of them.
import { expect, test } from "@jest/globals";
import { RenderedService } from "../../../src/app/rendered-service.js";
import { servicePolicySchema } from "../../../src/model/service.js";
import type { DataPlane } from "../../../src/translate/data-plane.js";
import { weightPlan } from "../../harness/plan.js";
import { SERVICE } from "../../harness/plant.js";

const plane = (zone: string): DataPlane => ({ client: "envoy", mode: "full", locality: { region: "r", zone } });

function rendered(failover: object): (to: DataPlane) => readonly unknown[] {
  const snapshot = {
    service: SERVICE,
    policy: servicePolicySchema.parse({ failover }),
    instances: [],
    revision: 1,
    declared: false,
  };
  service = new RenderedService(snapshot, weightPlan(SERVICE, []));
  return (to) =>
    service.resourcesFor(to, new Map(), (thrown) => {
      throw thrown;
    });
}
let service: RenderedService;

test("data planes in all zones share one copy, unless near instances are preferred", () => {
  const anywhere = rendered({});
  expect(anywhere(plane("a"))).toBe(anywhere(plane("b")));
  const near = rendered({ locality: {} });
  expect(near(plane("a"))).toBe(near(plane("a")));
  expect(near(plane("a"))).not.toBe(near(plane("b")));
});

test("a copy that nobody gets any more is forgotten, the others stay", () => {
  const near = rendered({ locality: {} });
  const [a, b] = [near(plane("a")), near(plane("b"))];
  service.retain([plane("b")]);
  expect(near(plane("b"))).toBe(b);
  expect(near(plane("a"))).not.toBe(a);
});
