// One statement of the protocol as one test per variant. Where a variant has no such thing, the reason is in the code and
// in the name of the skipped test. What passed is written down, for the check of the whole table at the end.
import { test } from "@jest/globals";
import { PROTOCOL_VARIANTS, type ProtocolVariant } from "../../../src/xds/protocol-statements.js";
import type { AdsClient, AdsClientOptions } from "../../harness/ads-client.js";
import type { XdsVariant } from "../../harness/xds-messages.js";
import { PATHS, SERVICE_OF, XdsRig, type XdsRigOptions } from "../../harness/xds-rig.js";

interface Variant {
  readonly name: ProtocolVariant;
  readonly wire: XdsVariant;
  readonly aggregated: boolean;
}

const VARIANTS: readonly Variant[] = PROTOCOL_VARIANTS.map((name) => ({
  name,
  wire: name.endsWith("sotw") ? "sotw" : "delta",
  aggregated: name.startsWith("ads-"),
}));

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

/** Tests per statement and variant: how many there are, how many passed. */
interface Tally {
  declared: number;
  passed: number;
}

const tallies = new Map<number, Map<ProtocolVariant, Tally>>();

/** What was declared and what passed so far, for one statement. */
export function talliesOf(statementNumber: number): ReadonlyMap<ProtocolVariant, Readonly<Tally>> {
  return tallies.get(statementNumber) ?? new Map();
}

/** Registers a test of the statements whose numbers `title` begins with (`7, 27: …`); a title without proves none. */
export function statement(
  title: string,
  scope: Scope | "all variants",
  run: (world: World) => Promise<void>,
  options: XdsRigOptions = {},
): void {
  for (const variant of VARIANTS) {
    if (scope !== "all variants" && !covers(scope, variant)) {
      test.skip(`${title} [${variant.name}: ${scope.because}]`, () => undefined);
      continue;
    }
    const counted = numbersOf(title).map((number) => tallyOf(number, variant.name));
    for (const tally of counted) tally.declared++;
    test(`${title} [${variant.name}]`, async () => {
      // Clients must not be able to tell which way their responses were written.
      for (const path of PATHS) {
        const rig = await XdsRig.start({ path, ...options });
        try {
          await run({
            rig,
            variant,
            sotw: variant.wire === "sotw",
            connect: (typeUrl, clientOptions = {}) =>
              rig.client({
                variant: variant.wire,
                service: variant.aggregated ? "ads" : (SERVICE_OF.get(typeUrl) ?? "ads"),
                ...clientOptions,
              }),
          });
        } finally {
          await rig.close();
        }
      }
      for (const tally of counted) tally.passed++;
    });
  }
}

const covers = (scope: Scope, variant: Variant): boolean =>
  (scope.wire === undefined || scope.wire === variant.wire) &&
  (scope.aggregated === undefined || scope.aggregated === variant.aggregated);

function numbersOf(title: string): readonly number[] {
  const [numbers] = /^\d+(?:, \d+)*(?=: )/.exec(title) ?? [];
  return numbers?.split(", ").map(Number) ?? [];
}

function tallyOf(number: number, variant: ProtocolVariant): Tally {
  let variants = tallies.get(number);
  if (!variants) tallies.set(number, (variants = new Map()));
  let tally = variants.get(variant);
  if (!tally) variants.set(variant, (tally = { declared: 0, passed: 0 }));
  return tally;
}
