// From bytes to rounds: what load reports of many proxies cost, and what is kept of them.
import type { InstanceId, ServiceName } from "../../src/model/ids.js";
import type { LoadRound } from "../../src/model/load.js";
import { NOWHERE } from "../../src/model/zone.js";
import { ManualClock } from "../../src/runtime/manual-clock.js";
import { seededRng } from "../../src/runtime/rng.js";
import { decodeLoadStats } from "../../src/signals/lrs-decoder.js";
import { readLaterMessage } from "../../src/signals/lrs-message.js";
import { SignalBook } from "../../src/signals/signal-book.js";
import { cpuMs, liveBytes, median } from "./cpu-time.js";
import { endpointKeyOf, loadReportBytes, SERVICE } from "./load-reports.js";

export interface IngestFigures {
  /** (proxy, endpoint) samples in one round. */
  readonly samples: number;
  readonly bytesPerSample: number;
  readonly samplesPerCpuSecond: number;
  /** Live heap per (proxy, endpoint) sample held between rounds. */
  readonly heapBytesPerSample: number;
}

const FEWEST_ENDPOINTS = 100;
const MOST_ENDPOINTS = 150;
/** Different messages; more would only measure the memory that holds them. */
const MESSAGES = 200;

export function signalBook(endpoints: number, onRound: (round: LoadRound) => void) {
  const clock = new ManualClock();
  // In order, as the catalogue has them: what is out of order costs a copy of each table.
  const ids = Array.from(
    { length: endpoints },
    (_, endpoint) => `instance-${String(endpoint).padStart(6, "0")}` as InstanceId,
  );
  const byKey = new Map(ids.map((id, endpoint) => [endpointKeyOf(endpoint), id]));
  const book = new SignalBook({
    clock,
    knows: (cluster) => cluster as ServiceName,
    instanceAt: (_, key) => byKey.get(key),
    poolOf: () => ids,
  });
  book.onRound(onRound);
  const take = (node: string, bytes: Uint8Array): void => {
    for (const report of decodeLoadStats(readLaterMessage(bytes), { node, workers: 1, origin: NOWHERE }).reports)
      book.record(report);
  };
  return { clock, take, ids };
}

/** Rounds of reports of all proxies, the first ones unmeasured. */
export function measureIngest(proxies: number, rounds: number): IngestFigures {
  const rng = seededRng(1);
  const sizes = Array.from({ length: MESSAGES }, () =>
    Math.round(FEWEST_ENDPOINTS + rng.next() * (MOST_ENDPOINTS - FEWEST_ENDPOINTS)),
  );
  const messages = sizes.map((endpoints) => loadReportBytes(endpoints, rng));
  let samples = 0;
  let bytes = 0;
  for (let proxy = 0; proxy < proxies; proxy++) {
    samples += sizes[proxy % MESSAGES] ?? 0;
    bytes += messages[proxy % MESSAGES]?.length ?? 0;
  }
  let closed = 0;
  const before = liveBytes();
  const { clock, take } = signalBook(MOST_ENDPOINTS, () => {
    closed += 1;
  });
  const costs: number[] = [];
  const warmUp = 3;
  for (let round = 0; round < warmUp + rounds; round++) {
    const cost = cpuMs(() => {
      for (let proxy = 0; proxy < proxies; proxy++)
        take(`proxy-${proxy}`, messages[proxy % MESSAGES] ?? new Uint8Array());
      clock.advance(1_000);
    });
    if (round >= warmUp) costs.push(cost);
  }
  if (closed !== warmUp + rounds) throw new Error(`${closed} rounds instead of ${warmUp + rounds} of ${SERVICE}`);
  const held = liveBytes() - before;
  return {
    samples,
    bytesPerSample: bytes / samples,
    samplesPerCpuSecond: (1_000 * samples) / median(costs),
    heapBytesPerSample: held / samples,
  };
}
