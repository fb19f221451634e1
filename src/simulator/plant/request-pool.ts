// Requests in progress, as columns of a pool: nothing is allocated per request once the pool has its size.
// Invariant: a slot is given back only when both sides are done with it: the client has its answer or its timeout, and no
// backend, queue or event still holds it.

const START_CAPACITY = 1_024;
const NONE = -1;

export class RequestPool {
  arrivedMs = new Float64Array(START_CAPACITY);
  /** When the present attempt left the proxy. */
  triedMs = new Float64Array(START_CAPACITY);
  /** Work it brings, mean 1. */
  demand = new Float64Array(START_CAPACITY);
  proxy = new Int32Array(START_CAPACITY);
  worker = new Int32Array(START_CAPACITY);
  /** Of the present attempt. */
  host = new Int32Array(START_CAPACITY);
  retriesLeft = new Int32Array(START_CAPACITY);
  /** Answer on its way, 0 = a connection failure. */
  status = new Int32Array(START_CAPACITY);
  /** 1 = the client has its answer, or has given up. */
  settled = new Uint8Array(START_CAPACITY);
  /** When service started, and how long the host had been paused by then. */
  startedMs = new Float64Array(START_CAPACITY);
  pausedMs = new Float64Array(START_CAPACITY);
  /** Next in the queue of its host. */
  queuedNext = new Int32Array(START_CAPACITY);
  /** Neighbours among the unsettled, by arrival. */
  #older = new Int32Array(START_CAPACITY);
  #younger = new Int32Array(START_CAPACITY);
  /** Free slots are chained through `queuedNext`. */
  #free = NONE;
  #used = 0;
  #oldest = NONE;
  #youngest = NONE;

  /** The oldest request without an answer, or -1. The timeout is the same for all, so it is the next to time out. */
  get oldest(): number {
    return this.#oldest;
  }

  youngerThan(request: number): number {
    return this.#younger[request] ?? NONE;
  }

  take(nowMs: number): number {
    let request = this.#free;
    if (request === NONE) {
      if (this.#used === this.arrivedMs.length) this.#grow();
      request = this.#used++;
    } else this.#free = this.queuedNext[request] ?? NONE;
    this.arrivedMs[request] = nowMs;
    this.settled[request] = 0;
    this.#older[request] = this.#youngest;
    this.#younger[request] = NONE;
    if (this.#youngest === NONE) this.#oldest = request;
    else this.#younger[this.#youngest] = request;
    this.#youngest = request;
    return request;
  }

  /** The client has its answer. */
  settle(request: number): void {
    this.settled[request] = 1;
    const older = this.#older[request] ?? NONE;
    const younger = this.#younger[request] ?? NONE;
    if (older === NONE) this.#oldest = younger;
    else this.#younger[older] = younger;
    if (younger === NONE) this.#youngest = older;
    else this.#older[younger] = older;
  }

  release(request: number): void {
    this.queuedNext[request] = this.#free;
    this.#free = request;
  }

  #grow(): void {
    const capacity = this.arrivedMs.length * 2;
    const floats = (from: Float64Array): Float64Array<ArrayBuffer> => {
      const to = new Float64Array(capacity);
      to.set(from);
      return to;
    };
    const integers = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(capacity);
      to.set(from);
      return to;
    };
    this.arrivedMs = floats(this.arrivedMs);
    this.triedMs = floats(this.triedMs);
    this.demand = floats(this.demand);
    this.proxy = integers(this.proxy);
    this.worker = integers(this.worker);
    this.host = integers(this.host);
    this.retriesLeft = integers(this.retriesLeft);
    this.status = integers(this.status);
    this.startedMs = floats(this.startedMs);
    this.pausedMs = floats(this.pausedMs);
    this.queuedNext = integers(this.queuedNext);
    this.#older = integers(this.#older);
    this.#younger = integers(this.#younger);
    const settled = new Uint8Array(capacity);
    settled.set(this.settled);
    this.settled = settled;
  }
}
