// The tables of a whole assignment, one per priority level, as an Envoy has them that was sent it: which host answers for
// a key. Each is made when the first key of its level is asked for.
import type { HashingEnforcement } from "../../model/enforcement.js";
import type { HealthStatus } from "../../model/health.js";
import { Xxh64 } from "../../stats/xxh64.js";
import { type HashHost, hashHosts } from "./hash-hosts.js";
import { MaglevTable } from "./maglev-table.js";
import type { OwnerTable } from "./owner-table.js";
import { type LevelHealth, type PriorityLoad, type PriorityLoadSettings, priorityLoad } from "./priority-load.js";
import { HashRing, ringSize } from "./ring.js";

export interface KeyedHost {
  /** `IP:PORT`, IPv6 as `[IP]:PORT`. */
  readonly address: string;
  /** 1..2^32-1 */
  readonly weight: number;
  readonly health: HealthStatus;
}

export interface KeyedOwner {
  /** 16 hexadecimal digits. */
  readonly hash: string;
  readonly level: number;
  /** Slot of the key in the table of its level, and how many there are. */
  readonly slot: number;
  readonly slots: number;
  /** Hosts in that table. */
  readonly hosts: number;
  readonly host: KeyedHost;
}

/** 2^32 mod 100 */
const CARRY = 96;

export class KeyTables {
  readonly #enforcement: HashingEnforcement;
  readonly #levels: readonly (readonly KeyedHost[])[];
  readonly #load: PriorityLoad;
  readonly #tables = new Map<number, { readonly hosts: readonly KeyedHost[]; readonly table: OwnerTable }>();
  readonly #hash = new Xxh64();

  /** @param levels hosts by priority, in the order of the assignment */
  constructor(
    enforcement: HashingEnforcement,
    levels: readonly (readonly KeyedHost[])[],
    settings: PriorityLoadSettings,
  ) {
    this.#enforcement = enforcement;
    this.#levels = levels;
    this.#load = priorityLoad(levels.map(levelHealth), settings);
  }

  /** Most slots that a table of it has or would have. */
  get mostSlots(): number {
    return Math.max(0, ...this.#levels.map((_, level) => slotsFor(this.#enforcement, hashHosts(this.#hostsOf(level)))));
  }

  /** Undefined when nobody takes the key: Envoy answers 503 itself. */
  ownerOf(key: string): KeyedOwner | undefined {
    this.#hash.hash(key);
    const { high, low } = this.#hash;
    const level = this.#levelOf((((high % 100) * CARRY + (low % 100)) % 100) + 1);
    const { hosts, table } = this.#table(level);
    if (table.size === 0) return undefined;
    const slot = table.slotOf(high, low);
    const host = hosts[table.ownerOf(slot)];
    return host && { hash: hex(high) + hex(low), level, slot, slots: table.size, hosts: hosts.length, host };
  }

  /** @param percent 1..100, of the key's hash */
  #levelOf(percent: number): number {
    let reached = 0;
    for (const parts of [this.#load.healthy, this.#load.degraded]) {
      for (const [level, part] of parts.entries()) {
        reached += part;
        if (percent <= reached) return level;
      }
    }
    return 0;
  }

  #table(level: number) {
    let made = this.#tables.get(level);
    if (!made) {
      const hosts = this.#hostsOf(level);
      this.#tables.set(level, (made = { hosts, table: tableOf(this.#enforcement, hashHosts(hosts)) }));
    }
    return made;
  }

  /** Degraded hosts are in no table, even when their level is theirs alone. */
  #hostsOf(level: number): readonly KeyedHost[] {
    const hosts = this.#levels[level] ?? [];
    return this.#load.panic[level] ? hosts : hosts.filter(isHealthy);
  }
}

function tableOf(enforcement: HashingEnforcement, hosts: readonly HashHost[]): OwnerTable {
  if (enforcement.policy === "maglev") return new MaglevTable(hosts, enforcement.tableSize);
  return new HashRing(hosts, { minimum: enforcement.minimumRingSize, maximum: enforcement.maximumRingSize });
}

function slotsFor(enforcement: HashingEnforcement, hosts: readonly HashHost[]): number {
  if (hosts.length === 0) return 0;
  if (enforcement.policy === "maglev") return enforcement.tableSize;
  return ringSize(hosts, { minimum: enforcement.minimumRingSize, maximum: enforcement.maximumRingSize });
}

function levelHealth(hosts: readonly KeyedHost[]): LevelHealth {
  const degraded = hosts.filter(({ health }) => health === "DEGRADED").length;
  return { hosts: hosts.length, healthy: hosts.filter(isHealthy).length, degraded };
}

function isHealthy({ health }: KeyedHost): boolean {
  return health === "HEALTHY" || health === "UNKNOWN";
}

function hex(half: number): string {
  return half.toString(16).padStart(8, "0");
}
