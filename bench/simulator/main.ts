// `npm run bench:simulator [-- --json FILE]`: how many events the simulator gets through per second, on one core, with
// everything in the loop that a user has. A million is the bar: an hour of nine hosts at 735 requests per second is five.
import { writeFileSync } from "node:fs";
import { simulate } from "../../src/simulator/index.js";

const BAR_EVENTS_PER_S = 1_000_000;
const CASES = [
  { scenario: "S1", policy: "least-request", proxies: 1 },
  { scenario: "S2", policy: "least-request", proxies: 4 },
  { scenario: "S2", policy: "adaptive", proxies: 4 },
  { scenario: "S3", policy: "adaptive", proxies: 20 },
] as const;
const SECONDS = 300;
/** The best of several, and processor time, not time: other processes can only take away. */
const ROUNDS = 3;

/** Milliseconds of all threads of this process. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

const bars = CASES.map(({ scenario, policy, proxies }) => {
  let eventsPerS = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const startMs = cpuMs();
    const { results } = simulate({ scenario, policies: [policy], parameters: { proxies, seconds: SECONDS } });
    const events = results.flatMap(({ runs }) => runs).reduce((sum, run) => sum + run.events, 0);
    eventsPerS = Math.max(eventsPerS, (1_000 * events) / (cpuMs() - startMs));
  }
  const name = `${scenario}, ${policy}, ${proxies} ${proxies === 1 ? "proxy" : "proxies"}`;
  console.log(`${name.padEnd(36)} ${(eventsPerS / 1e6).toFixed(2)} M events/s`);
  return { name, ratio: eventsPerS / BAR_EVENTS_PER_S, limit: 1, met: eventsPerS >= BAR_EVENTS_PER_S };
});

const jsonFlag = process.argv.indexOf("--json");
const file = jsonFlag < 0 ? undefined : process.argv[jsonFlag + 1];
if (file !== undefined) writeFileSync(file, `${JSON.stringify({ node: process.version, bars }, null, 2)}\n`);
