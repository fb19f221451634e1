// The lease state machine, without timers or I/O: live -> suspect after a ttl of silence, suspect -> expired after
// `deregisterAfterMs` more, any beat -> live. It errs towards keeping: deadlines run on listening time, mass silence
// moves nobody (self-preservation), at most 15 % of a service turn suspect per 10 s, and expiry never takes the last
// ready instance of a service nor its last instance of any kind (law 1).
import type { InstanceId, ServiceName } from "../model/ids.js";
import type { LeaseState } from "../model/instance.js";
import { DeadlineWheel, type WheelEntry } from "./deadline-wheel.js";
import { ListeningClock } from "./listening-clock.js";
import { SelfPreservation, silence } from "./self-preservation.js";

/** Least time that a restored lease is given: three beats of the default ttl and a client's reconnect back-off. */
export const RESTORE_GRACE_MS = 90_000;
const RETRY_MS = 1_000;
const MOVE_WINDOW_MS = 10_000;
const MOVE_FRACTION = 0.15;

export interface LeaseTerms {
  /** `Infinity`: nobody beats for it, and it never runs out. */
  readonly ttlMs: number;
  readonly deregisterAfterMs: number;
  /** Whether the instance would take traffic if it were heard: its own word and the operator's. */
  readonly ready: boolean;
}

/** Handle of one lease. Only the book writes it. */
export interface Lease extends Readonly<LeaseTerms> {
  readonly service: ServiceName;
  readonly id: InstanceId;
  readonly state: LeaseState;
  /** Reported as expired or drained, and not yet closed or kept. */
  readonly removing: boolean;
}

interface LeaseCell extends WheelEntry {
  readonly service: ServiceName;
  readonly id: InstanceId;
  ttlMs: number;
  deregisterAfterMs: number;
  ready: boolean;
  state: LeaseState;
  removing: boolean;
  /** Whether it has beaten since it was opened; a restored lease has not. */
  heard: boolean;
  /** Listening time of the last beat; a restored lease's lies ahead by the grace. */
  heardMs: number;
  suspectMs: number;
  drainMs: number;
}

interface Group {
  readonly leases: Set<LeaseCell>;
  readonly preservation: SelfPreservation;
  /** Listening times of the latest moves to suspect, oldest first. */
  moves: readonly number[];
}

/** What a tick decided. The caller removes `expired` and `drained`, then closes or keeps each. */
export interface LeaseMoves {
  readonly suspects: readonly Lease[];
  readonly expired: readonly Lease[];
  readonly drained: readonly Lease[];
}

export class LeaseBook {
  readonly #clock: ListeningClock;
  readonly #wheel: DeadlineWheel<LeaseCell>;
  readonly #groups = new Map<ServiceName, Group>();
  readonly #preservation = new SelfPreservation();
  #size = 0;
  #suspects = 0;

  constructor(nowMs: number) {
    this.#clock = new ListeningClock(nowMs);
    this.#wheel = new DeadlineWheel(nowMs);
  }

  /** Opens a lease that was just heard, or with `restored` one whose owner has yet to be heard. */
  open(service: ServiceName, id: InstanceId, terms: LeaseTerms, nowMs: number, restored = false): Lease {
    const listeningMs = this.#clock.at(nowMs);
    const graceMs = restored ? Math.max(0, RESTORE_GRACE_MS - terms.ttlMs) : 0;
    const lease: LeaseCell = {
      service,
      id,
      ttlMs: terms.ttlMs,
      deregisterAfterMs: terms.deregisterAfterMs,
      ready: terms.ready,
      state: "live",
      removing: false,
      heard: !restored,
      heardMs: listeningMs + graceMs,
      suspectMs: 0,
      drainMs: Number.POSITIVE_INFINITY,
      slot: -1,
    };
    this.#group(service).leases.add(lease);
    this.#size++;
    this.#wheel.schedule(lease, dueMs(lease));
    return lease;
  }

  /** The lease was suspect before a restart, and stays so until it is heard; the time to its removal starts anew. */
  restoreSuspect(lease: Lease, nowMs: number): void {
    const cell = cellOf(lease);
    if (cell.state === "suspect") return;
    cell.state = "suspect";
    cell.suspectMs = this.#clock.at(nowMs) + Math.max(0, RESTORE_GRACE_MS - cell.deregisterAfterMs);
    this.#suspects++;
    this.#wheel.schedule(cell, dueMs(cell));
  }

  /** New terms; what was heard so far counts on. */
  amend(lease: Lease, terms: LeaseTerms): void {
    const cell = cellOf(lease);
    cell.ttlMs = terms.ttlMs;
    cell.deregisterAfterMs = terms.deregisterAfterMs;
    cell.ready = terms.ready;
    this.#wheel.schedule(cell, dueMs(cell));
  }

  /** Schedules the removal of a draining instance; undefined calls it off. */
  drainAfter(lease: Lease, timeoutMs: number | undefined, nowMs: number): void {
    const cell = cellOf(lease);
    cell.drainMs = timeoutMs === undefined ? Number.POSITIVE_INFINITY : this.#clock.at(nowMs) + timeoutMs;
    this.#wheel.schedule(cell, dueMs(cell));
  }

  /** Returns whether the lease was suspect until now. */
  beat(lease: Lease, nowMs: number): boolean {
    const cell = cellOf(lease);
    const recovered = cell.state === "suspect";
    const nearer = recovered || !cell.heard; // than where the wheel looks: a first beat ends the grace of a restart
    cell.heard = true;
    cell.heardMs = this.#clock.at(nowMs);
    cell.state = "live";
    if (recovered) this.#suspects--;
    if (nearer) this.#wheel.schedule(cell, dueMs(cell));
    return recovered;
  }

  close(lease: Lease): void {
    const cell = cellOf(lease);
    const group = this.#groups.get(cell.service);
    if (!group?.leases.delete(cell)) return;
    this.#size--;
    if (cell.state === "suspect") this.#suspects--;
    this.#wheel.remove(cell);
    if (group.leases.size === 0) this.#groups.delete(cell.service);
  }

  /** The removal that a tick asked for did not happen: it is asked for again while its reason stands. No-op once closed. */
  keep(lease: Lease, nowMs: number): void {
    const cell = cellOf(lease);
    if (!this.#groups.get(cell.service)?.leases.has(cell)) return;
    cell.removing = false;
    this.#wheel.schedule(cell, Math.max(dueMs(cell), this.#clock.at(nowMs) + RETRY_MS));
  }

  /** Whether a removal is still wanted: a beat may have come in the meantime. */
  stillDue(lease: Lease, nowMs: number): boolean {
    return dueMs(cellOf(lease)) <= this.#clock.at(nowMs);
  }

  /** Nobody has proved to own this lease for a ttl, or since it was restored: another owner may take its place. */
  isSilent(lease: Lease, nowMs: number): boolean {
    const cell = cellOf(lease);
    return !cell.heard || cell.state === "suspect" || this.#clock.at(nowMs) - cell.heardMs >= cell.ttlMs;
  }

  /** Milliseconds of listening until the lease turns suspect, >= 0. */
  remainingMs(lease: Lease, nowMs: number): number {
    const cell = cellOf(lease);
    return Math.max(0, cell.heardMs + cell.ttlMs - this.#clock.at(nowMs));
  }

  get size(): number {
    return this.#size;
  }

  get suspects(): number {
    return this.#suspects;
  }

  /** Milliseconds that did not count because nobody could be heard. */
  get lostMs(): number {
    return this.#clock.lostMs;
  }

  /** Who is protected from being moved out, because too many are silent at once. */
  get preservation(): { readonly all: boolean; readonly services: readonly ServiceName[] } {
    const services: ServiceName[] = [];
    for (const [service, group] of this.#groups) if (group.preservation.active) services.push(service);
    return { all: this.#preservation.active, services };
  }

  /** Call every 250 ms; `hearing` tells whether beats can be heard and acted on from now on. */
  tick(nowMs: number, hearing: boolean): LeaseMoves {
    this.#clock.setHearing(hearing, nowMs);
    const listeningMs = this.#clock.at(nowMs);
    const silent: LeaseCell[] = [];
    const overdue: LeaseCell[] = [];
    const drained: LeaseCell[] = [];
    for (const lease of this.#wheel.due(listeningMs)) {
      if (lease.removing) continue;
      if (dueMs(lease) > listeningMs) this.#wheel.schedule(lease, dueMs(lease));
      else if (lease.drainMs <= listeningMs) drained.push(lease);
      else if (lease.state === "live") silent.push(lease);
      else overdue.push(lease);
    }
    for (const lease of drained) lease.removing = true;
    if (silent.length > 0 || overdue.length > 0 || this.#anyPreserved()) this.#review(listeningMs);
    const suspects = silent.sort(longestSilentFirst).filter((lease) => this.#turnSuspect(lease, listeningMs));
    const expired = overdue.sort(longestSilentFirst).filter((lease) => this.#expire(lease, listeningMs));
    return { suspects, expired, drained };
  }

  #turnSuspect(lease: LeaseCell, listeningMs: number): boolean {
    const group = this.#group(lease.service);
    group.moves = group.moves.filter((movedMs) => movedMs > listeningMs - MOVE_WINDOW_MS);
    const allowed = Math.max(1, Math.floor(group.leases.size * MOVE_FRACTION));
    const moves = !this.#isPreserved(group) && group.moves.length < allowed;
    if (moves) {
      this.#suspects++;
      lease.state = "suspect";
      lease.suspectMs = listeningMs;
      group.moves = [...group.moves, listeningMs];
    }
    this.#wheel.schedule(lease, moves ? dueMs(lease) : retryMs(listeningMs));
    return moves;
  }

  #expire(lease: LeaseCell, listeningMs: number): boolean {
    const group = this.#group(lease.service);
    const removes = !this.#isPreserved(group) && leavesOthers(group, lease);
    if (removes) lease.removing = true;
    else this.#wheel.schedule(lease, retryMs(listeningMs));
    return removes;
  }

  #isPreserved(group: Group): boolean {
    return this.#preservation.active || group.preservation.active;
  }

  #anyPreserved(): boolean {
    return this.#preservation.active || this.preservation.services.length > 0;
  }

  #review(listeningMs: number): void {
    const all = { instances: 0, live: 0, silence: 0 };
    for (const group of this.#groups.values()) {
      const count = { instances: group.leases.size, live: 0, silence: 0 };
      for (const lease of group.leases) {
        if (lease.state !== "live") continue;
        count.live++;
        count.silence += silence(listeningMs - lease.heardMs, lease.ttlMs);
      }
      group.preservation.update(count, listeningMs);
      all.instances += count.instances;
      all.live += count.live;
      all.silence += count.silence;
    }
    this.#preservation.update(all, listeningMs);
  }

  #group(service: ServiceName): Group {
    let group = this.#groups.get(service);
    if (!group) {
      group = { leases: new Set(), preservation: new SelfPreservation(), moves: [] };
      this.#groups.set(service, group);
    }
    return group;
  }
}

/** Handles are made by `open` alone, and so are cells. */
function cellOf(lease: Lease): LeaseCell {
  return lease as LeaseCell;
}

function dueMs(lease: LeaseCell): number {
  const leaseMs = lease.state === "live" ? lease.heardMs + lease.ttlMs : lease.suspectMs + lease.deregisterAfterMs;
  return Math.min(leaseMs, lease.drainMs);
}

/** On whole seconds, so that all that wait are looked at together and the review is done once a second. */
function retryMs(listeningMs: number): number {
  return (Math.floor(listeningMs / RETRY_MS) + 1) * RETRY_MS;
}

function longestSilentFirst(a: LeaseCell, b: LeaseCell): number {
  return a.heardMs - b.heardMs;
}

/** A ready instance must leave another ready one behind, any other at least some instance. */
function leavesOthers(group: Group, leaving: LeaseCell): boolean {
  for (const lease of group.leases) {
    if (lease !== leaving && !lease.removing && (lease.ready || !leaving.ready)) return true;
  }
  return false;
}
