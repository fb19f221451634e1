// One statement of the protocol as one test per variant. Where a variant has no such thing, the reason is in the code and
// in the name of the skipped test.
import { test } from "@jest/globals";
import type { AdsClient, AdsClientOptions } from "../../harness/ads-client.js";
import type { XdsVariant } from "../../harness/xds-messages.js";
import { SERVICE_OF, XdsRig } from "../../harness/xds-rig.js";

interface Variant {
  readonly name: "ads-sotw" | "ads-delta" | "per-type-sotw" | "per-type-delta";
  readonly wire: XdsVariant;
  readonly aggregated: boolean;
}

const VARIANTS: readonly Variant[] = [
  { name: "ads-sotw", wire: "sotw", aggregated: true },
  { name: "ads-delta", wire: "delta", aggregated: true },
  { name: "per-type-sotw", wire: "sotw", aggregated: false },
  { name: "per-type-delta", wire: "delta", aggregated: false },
];

export interface World {
  readonly rig: XdsRig;
  readonly variant: Variant;
  readonly sotw: boolean;
  /** A client of the variant; on per-type services, of the service of `typeUrl`. */
  readonly connect: (typeUrl: string, options?: Partial<AdsClientOptions>) => AdsClient;
}

export interface Scope {
  readonly wire?: XdsVariant;
  readonly aggregated?: boolean;
  /** Why the other variants have no such thing. */
  readonly because: string;
}

/** Registers the statement; `title` begins with its number. */
export function statement(title: string, scope: Scope | "all variants", run: (world: World) => Promise<void>): void {
  for (const variant of VARIANTS) {
    if (scope !== "all variants" && !covers(scope, variant)) {
      test.skip(`${title} [${variant.name}: ${scope.because}]`, () => undefined);
      continue;
    }
    test(`${title} [${variant.name}]`, async () => {
      const rig = await XdsRig.start();
      try {
        await run({
          rig,
          variant,
          sotw: variant.wire === "sotw",
          connect: (typeUrl, options = {}) =>
            rig.client({
              variant: variant.wire,
              service: variant.aggregated ? "ads" : (SERVICE_OF.get(typeUrl) ?? "ads"),
              ...options,
            }),
        });
      } finally {
        await rig.close();
      }
    });
  }
}

const covers = (scope: Scope, variant: Variant): boolean =>
  (scope.wire === undefined || scope.wire === variant.wire) &&
  (scope.aggregated === undefined || scope.aggregated === variant.aggregated);
