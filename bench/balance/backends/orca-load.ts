// The load report of a backend in its own answers (ORCA, gRFC A51), which client_side_weighted_round_robin lives on:
// utilisation, requests and errors per second, each as an exponentially weighted average over time.

export class OrcaLoad {
  readonly #tauMs: number;
  readonly #slots: number;
  readonly #refreshMs: number;
  #atMs: number;
  #utilisation = 0;
  #completions = 0;
  #errors = 0;
  #text = "";
  #textAtMs = Number.NEGATIVE_INFINITY;

  /** `tauMs`: memory of the averages. `refreshMs`: the text is written anew at most this often; default 50. */
  constructor(options: {
    readonly slots: number;
    readonly tauMs: number;
    readonly nowMs: number;
    readonly refreshMs?: number;
  }) {
    this.#slots = options.slots;
    this.#tauMs = options.tauMs;
    this.#refreshMs = options.refreshMs ?? 50;
    this.#atMs = options.nowMs;
  }

  /** Before each change of `busy`: `busy` slots were taken since the last call. */
  advance(nowMs: number, busy: number): void {
    const kept = Math.exp((this.#atMs - nowMs) / this.#tauMs);
    this.#utilisation = busy / this.#slots + (this.#utilisation - busy / this.#slots) * kept;
    this.#completions *= kept;
    this.#errors *= kept;
    this.#atMs = nowMs;
  }

  /** After `advance` to the same time. */
  completed(success: boolean): void {
    this.#completions += 1;
    if (!success) this.#errors += 1;
  }

  /** Value of the header `endpoint-load-metrics`. */
  text(): string {
    if (this.#atMs - this.#textAtMs >= this.#refreshMs) {
      const perSecond = 1000 / this.#tauMs;
      const rps = (this.#completions * perSecond).toFixed(3);
      const eps = (this.#errors * perSecond).toFixed(3);
      const utilisation = this.#utilisation.toFixed(4);
      this.#text = `TEXT application_utilization=${utilisation},rps_fractional=${rps},eps=${eps}`;
      this.#textAtMs = this.#atMs;
    }
    return this.#text;
  }
}
