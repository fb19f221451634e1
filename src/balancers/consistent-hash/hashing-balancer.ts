// The same key always goes to the same backend, whichever table says which: route key, else client id, else request id
// (the seed's order). Owns three rules. Unhealthy backends are not in the table. Degraded ones are, but hand most of
// their keys on, chosen by the key itself, so that degrading and recovering move no other key. And with bounded load
// (Mirrokni, Thorup, Zadimoghaddam 2016) nobody carries more than `boundedLoad` times its fair part of what is in flight.
import { SteelyardError } from "../../model/errors.js";
import { Xxh64 } from "../../stats/xxh64.js";
import { DEGRADED_SHARE } from "../degraded-share.js";
import type { BackendSpec, BalanceRequest, LoadBalancer, RequestResult } from "../load-balancer.js";
import { type Member, Roster } from "../roster.js";
import { type HashHost, hashHosts } from "./hash-hosts.js";
import type { OwnerTable } from "./owner-table.js";

export interface BoundedLoadOptions {
  /**
   * c > 1: a backend takes a key only while it has fewer than ceil(c * its weight's part of all requests in flight, this
   * one included). Envoy's `hash_balance_factor` over 100. Default: no bound.
   */
  readonly boundedLoad?: number;
}

interface Connections {
  active: number;
}

export class HashingBalancer implements LoadBalancer {
  readonly name: string;
  readonly #makeTable: (hosts: readonly HashHost[]) => OwnerTable;
  readonly #boundedLoad: number | undefined;
  readonly #roster = new Roster<Connections>(() => ({ active: 0 }));
  readonly #hash = new Xxh64();
  #table: OwnerTable;
  #hosts: readonly HashHost[] = [];
  #hasHealthy = false;
  /** Requests in flight at all backends of the list. */
  #totalActive = 0;

  constructor(name: string, makeTable: (hosts: readonly HashHost[]) => OwnerTable, options: BoundedLoadOptions) {
    const { boundedLoad } = options;
    if (boundedLoad !== undefined && !(boundedLoad > 1 && Number.isFinite(boundedLoad))) {
      throw new SteelyardError("ERR_INVALID_REQUEST", `boundedLoad must be above 1, not ${boundedLoad}`);
    }
    this.name = name;
    this.#makeTable = makeTable;
    this.#boundedLoad = boundedLoad;
    this.#table = makeTable([]);
  }

  select(request: BalanceRequest): BackendSpec | undefined {
    return this.selectExcept(request);
  }

  /** Walks on from the owner of the key, so that it needs no other table. */
  selectExcept(request: BalanceRequest, excluded?: ReadonlySet<string>): BackendSpec | undefined {
    const member = this.#find(request.routeKey ?? request.clientId ?? request.id, this.#boundedLoad, excluded);
    if (member === undefined) return undefined;
    member.state.active += 1;
    this.#totalActive += 1;
    return member.spec;
  }

  /** The backend of a key as health and weights have it, whatever the load; nothing is counted. */
  ownerOf(key: string): BackendSpec | undefined {
    return this.#find(key)?.spec;
  }

  updateBackends(backends: readonly BackendSpec[]): void {
    this.#roster.update(backends);
    const { usable } = this.#roster;
    this.#hasHealthy = usable.some(({ spec }) => spec.health === "healthy");
    this.#totalActive = usable.reduce((sum, { state }) => sum + state.active, 0);
    const hosts = hashHosts(usable.map(({ spec }) => spec));
    if (sameHosts(hosts, this.#hosts)) return;
    this.#hosts = hosts;
    this.#table = this.#makeTable(hosts);
  }

  recordResult({ backendId }: RequestResult): void {
    const member = this.#roster.get(backendId);
    if (member === undefined || member.state.active === 0) return;
    member.state.active -= 1;
    if (member.slot >= 0) this.#totalActive -= 1;
  }

  #find(key: string, bound?: number, excluded?: ReadonlySet<string>): Member<Connections> | undefined {
    const { size } = this.#table;
    if (size === 0) return undefined;
    this.#hash.hash(key);
    const start = this.#table.slotOf(this.#hash.high, this.#hash.low);
    // The lower bits say nothing about the place on the ring, so the part of the keys that stays is even.
    const staysWithDegraded = !this.#hasHealthy || this.#hash.low < DEGRADED_SHARE * 0x1_0000_0000;
    return (
      this.#walk(start, staysWithDegraded, bound, excluded) ??
      // Every healthy backend is at its bound: rather a degraded one than one above its bound.
      this.#walk(start, true, bound, excluded) ??
      // Somebody always has room, but it may be somebody excluded: rather one above its bound than nobody.
      (excluded && this.#walk(start, true, undefined, excluded))
    );
  }

  #walk(
    start: number,
    staysWithDegraded: boolean,
    bound: number | undefined,
    excluded: ReadonlySet<string> | undefined,
  ): Member<Connections> | undefined {
    const { size } = this.#table;
    const { usable } = this.#roster;
    for (let step = 0; step < size; step++) {
      const slot = start + step < size ? start + step : start + step - size;
      const member = usable[this.#table.ownerOf(slot)];
      if (member === undefined) continue;
      if (!staysWithDegraded && member.spec.health === "degraded") continue;
      if (excluded?.has(member.spec.id)) continue;
      if (bound === undefined || this.#hasRoom(member, bound)) return member;
    }
    return undefined;
  }

  #hasRoom({ state, slot }: Member<Connections>, bound: number): boolean {
    const part = this.#hosts[slot]?.weight ?? 0;
    return state.active < Math.ceil(bound * (this.#totalActive + 1) * part);
  }
}

function sameHosts(a: readonly HashHost[], b: readonly HashHost[]): boolean {
  return a.length === b.length && a.every(({ key, weight }, i) => key === b[i]?.key && weight === b[i].weight);
}
