// One fault after the other for 20 minutes, each on another host: what one leaves behind, the next one finds.
import { alike, BASE, planOf, type Scenario } from "../scenario.js";
import { type Episode, episodeMarks, episodeTimeline } from "./episode.js";
import { FAILS_AT_ONCE, FAILS_IN_PART } from "./failing-host.js";
import { range } from "./range.js";
import { SLOW_TENFOLD } from "./slow-host.js";

const FAULT_MS = 40_000;
const RECOVERY_MS = 60_000;
const FAULTS: readonly (readonly [string, Episode])[] = [
  ["slow", SLOW_TENFOLD],
  ["failing", FAILS_AT_ONCE],
  ["grey", FAILS_IN_PART],
];

export const chained: Scenario = {
  name: "chained",
  title: "S3, S4 and S4b in turn, each for 40 s and a minute apart, four times over",
  expectation: "the last round goes as well as the first",
  defaults: { ...BASE, seconds: 1_200 },
  plan: (parameters) => {
    const { hosts, warmupSeconds, seconds } = parameters;
    const startMs = warmupSeconds * 1_000;
    const count = Math.floor((seconds * 1_000) / (FAULT_MS + RECOVERY_MS));
    const episodes = range(count).flatMap((k) => {
      const [name, episode] = FAULTS[k % FAULTS.length] ?? ["slow", SLOW_TENFOLD];
      const fromMs = startMs + k * (FAULT_MS + RECOVERY_MS);
      const round = Math.floor(k / FAULTS.length);
      const moved = { ...episode, hosts: episode.hosts.map((host) => (host + round) % hosts) };
      return [{ name: `${name} ${round + 1} `, episode: moved, fromMs, toMs: fromMs + FAULT_MS }];
    });
    return planOf(parameters, alike(hosts), {
      timeline: episodes.flatMap(({ episode, fromMs, toMs }) => episodeTimeline(episode, fromMs, toMs)),
      marks: episodes.flatMap(({ name, episode, fromMs, toMs }) => episodeMarks(episode, fromMs, toMs, name)),
      moreWindows: episodes.map(({ name, fromMs, toMs }) => ({ name: name.trim(), fromMs, toMs })),
    });
  },
};
