// The bytes of one service's assignment, again and again. What weights do not touch is encoded once and copied from then
// on, for a change of weights is the usual one, and many times quicker this way. Invariant: the same bytes as the generated
// codec writes, whichever way they came about, so that versions are the same on every replica and after every restart.
import { Locality } from "../gen/envoy/config/core/v3/base.js";
import { ClusterLoadAssignment_Policy } from "../gen/envoy/config/endpoint/v3/endpoint.js";
import { LbEndpoint } from "../gen/envoy/config/endpoint/v3/endpoint_components.js";
import {
  type AssignmentEndpoint,
  type AssignmentPolicy,
  assignmentPolicyOf,
  checkWeights,
  groupsOf,
  groupWeight,
  lbEndpointOf,
} from "./assignment.js";

/** What stays while weights change. */
interface Layout {
  readonly endpoints: readonly AssignmentEndpoint[];
  readonly policy: AssignmentPolicy;
  readonly head: Uint8Array;
  /** After the groups. */
  readonly tail: Uint8Array;
  readonly groups: readonly GroupLayout[];
}

interface GroupLayout {
  readonly members: readonly number[];
  /** Of the group, before its members. */
  readonly head: Uint8Array;
  /** Of the group, after its weight. */
  readonly tail: Uint8Array;
  /** Of each member, all but its weight; one after the other. */
  readonly slab: Uint8Array;
  /** Where each begins in the slab, and the end of the last. */
  readonly offsets: readonly number[];
}

const LENGTH_DELIMITED = 2;
const VARINT = 0;
const tag = (field: number, wireType: number): number => (field << 3) | wireType;

/** Tags of ClusterLoadAssignment, LocalityLbEndpoints, LbEndpoint and UInt32Value. */
const CLUSTER_NAME = tag(1, LENGTH_DELIMITED);
const ENDPOINTS = tag(2, LENGTH_DELIMITED);
const POLICY = tag(4, LENGTH_DELIMITED);
const LOCALITY = tag(1, LENGTH_DELIMITED);
const LB_ENDPOINTS = tag(2, LENGTH_DELIMITED);
const GROUP_WEIGHT = tag(3, LENGTH_DELIMITED);
const PRIORITY = tag(5, VARINT);
const WEIGHT = tag(4, LENGTH_DELIMITED);
const VALUE = tag(1, VARINT);

const NOTHING = new Uint8Array(0);

export class AssignmentEncoder {
  readonly #cluster: string;
  #layout: Layout | undefined;

  constructor(cluster: string) {
    this.#cluster = cluster;
  }

  /**
   * The encoded ClusterLoadAssignment that `assignmentOf` describes; a new array each time.
   * @throws SteelyardError ERR_INTERNAL as `assignmentOf`
   */
  encode(endpoints: readonly AssignmentEndpoint[], policy: AssignmentPolicy = {}): Uint8Array {
    if (!this.#layout || !samePolicy(this.#layout.policy, policy) || !sameLayout(this.#layout.endpoints, endpoints)) {
      this.#layout = layoutOf(this.#cluster, endpoints, policy);
    }
    checkWeights(this.#cluster, endpoints);
    return fill(this.#layout, endpoints);
  }
}

function samePolicy(before: AssignmentPolicy, now: AssignmentPolicy): boolean {
  return before.overprovisioningPercent === now.overprovisioningPercent;
}

/** Is everything but the weights the same? */
function sameLayout(before: readonly AssignmentEndpoint[], now: readonly AssignmentEndpoint[]): boolean {
  return (
    before.length === now.length &&
    before.every((a, index) => {
      const b = now[index];
      return (
        b !== undefined &&
        a.instance === b.instance &&
        a.address === b.address &&
        a.port === b.port &&
        a.hostname === b.hostname &&
        a.priority === b.priority &&
        a.health === b.health &&
        a.locality.region === b.locality.region &&
        a.locality.zone === b.locality.zone &&
        a.locality.subZone === b.locality.subZone
      );
    })
  );
}

function layoutOf(cluster: string, endpoints: readonly AssignmentEndpoint[], policy: AssignmentPolicy): Layout {
  const groups = groupsOf(cluster, endpoints).map(({ locality, priority, members }) => {
    const parts = members.map((index) => {
      const endpoint = endpoints[index];
      return endpoint ? LbEndpoint.encode(lbEndpointOf(endpoint)).finish() : NOTHING;
    });
    const offsets = [0];
    for (const part of parts) offsets.push((offsets.at(-1) ?? 0) + part.length);
    const tail = priority === 0 ? NOTHING : Uint8Array.of(PRIORITY, ...varint(priority));
    const head = delimited(LOCALITY, Locality.encode(Locality.create(locality)).finish());
    return { members, head, tail, slab: Buffer.concat(parts), offsets };
  });
  const said = assignmentPolicyOf(policy);
  return {
    endpoints,
    policy,
    head: delimited(CLUSTER_NAME, Buffer.from(cluster)),
    tail: said ? delimited(POLICY, ClusterLoadAssignment_Policy.encode(said).finish()) : NOTHING,
    groups,
  };
}

function fill({ head, tail, groups, policy }: Layout, endpoints: readonly AssignmentEndpoint[]): Uint8Array {
  const weights = groups.map(({ members }) => groupWeight(members, endpoints, policy));
  const sizes = groups.map((group, index) => groupBytes(group, endpoints, weights[index] ?? 0));
  const total = sizes.reduce((sum, size) => sum + 1 + varintBytes(size) + size, head.length + tail.length);
  const out = new Cursor(total);
  out.copy(head, 0, head.length);
  groups.forEach((group, at) => {
    out.open(ENDPOINTS, sizes[at] ?? 0);
    out.copy(group.head, 0, group.head.length);
    group.members.forEach((index, member) => {
      const [from = 0, to = 0] = [group.offsets[member], group.offsets[member + 1]];
      const weight = endpoints[index]?.weight ?? 0;
      out.open(LB_ENDPOINTS, to - from + weightBytes(weight));
      out.copy(group.slab, from, to);
      out.weight(WEIGHT, weight);
    });
    const live = weights[at] ?? 0;
    if (live > 0) out.weight(GROUP_WEIGHT, live);
    out.copy(group.tail, 0, group.tail.length);
  });
  out.copy(tail, 0, tail.length);
  return out.bytes;
}

function groupBytes(group: GroupLayout, endpoints: readonly AssignmentEndpoint[], live: number): number {
  let bytes = group.head.length + group.tail.length + (live > 0 ? weightBytes(live) : 0);
  group.members.forEach((index, member) => {
    const content =
      (group.offsets[member + 1] ?? 0) - (group.offsets[member] ?? 0) + weightBytes(endpoints[index]?.weight ?? 0);
    bytes += 1 + varintBytes(content) + content;
  });
  return bytes;
}

/** Of a UInt32Value with its tag and length; weights are never 0. */
const weightBytes = (weight: number): number => 3 + varintBytes(weight);

function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

function delimited(head: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(head, ...varint(content.length)), content]);
}

class Cursor {
  readonly bytes: Uint8Array;
  #at = 0;

  constructor(total: number) {
    this.bytes = new Uint8Array(total);
  }

  /** For a few dozen bytes a loop is quicker than a call out of JavaScript. */
  copy(source: Uint8Array, from: number, to: number): void {
    const { bytes } = this;
    let at = this.#at;
    for (let index = from; index < to; index++) bytes[at++] = source[index] ?? 0;
    this.#at = at;
  }

  open(head: number, length: number): void {
    this.bytes[this.#at++] = head;
    this.#varint(length);
  }

  weight(head: number, weight: number): void {
    this.open(head, 1 + varintBytes(weight));
    this.bytes[this.#at++] = VALUE;
    this.#varint(weight);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.#at++] = rest;
  }
}
