// Who sends load reports: the identity, the place and the weight of a proxy, from the `node` of its first message.
// Invariant: nothing of a proxy's free-form metadata goes further than the two fields parsed here.
import type { Node } from "../gen/envoy/config/core/v3/base.js";
import type { Zone } from "../model/zone.js";

export interface Reporter {
  /** Node id, 1..256 printable ASCII characters. */
  readonly node: string;
  /** Worker threads of the proxy, 1..1024; 1 when it does not say. */
  readonly workers: number;
  /** Empty texts: it does not say, or not within 1..128 printable ASCII characters. */
  readonly origin: Zone;
}

const NODE_ID_PATTERN = /^[\x20-\x7e]{1,256}$/;
const MAX_WORKERS = 1024;
const PLACE_PATTERN = /^[\x20-\x7e]{1,128}$/;

/** undefined when the node has no id, or one that is too long or not printable. */
export function reporterOf(node: Node | undefined): Reporter | undefined {
  if (node === undefined || !NODE_ID_PATTERN.test(node.id)) return undefined;
  return { node: node.id, workers: workersOf(node.metadata), origin: originOf(node.locality) };
}

function originOf(locality: Node["locality"]): Zone {
  const placeOf = (text = ""): string => (PLACE_PATTERN.test(text) ? text : "");
  return { region: placeOf(locality?.region), zone: placeOf(locality?.zone) };
}

/** `metadata.steelyard.workers`, which our bootstrap sets to what Envoy is started with (`--concurrency`). */
function workersOf(metadata: unknown): number {
  const own = field(metadata, "steelyard");
  const workers = field(own, "workers");
  return typeof workers === "number" && Number.isInteger(workers) && workers >= 1 && workers <= MAX_WORKERS
    ? workers
    : 1;
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
