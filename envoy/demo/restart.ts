// Kill -9 of the control server under load, and its return two seconds later, watched from Envoy's side.
import { setTimeout as sleep } from "node:timers/promises";
import type { Memory } from "./scene.js";
import type { Stage } from "./stage.js";

const AWAY_MS = 2_000;
/** After the return nothing may move before fresh load reports are in: learned weights came back, or they would. */
const WATCH_MS = 2_000;
const LOOK_MS = 200;

export async function restartAct(stage: Stage, memory: Memory): Promise<void> {
  const before = await stage.weightsInEnvoy();
  const killedMs = performance.now();
  await stage.server.crash();

  const seen = { unchanged: true, enough: false };
  const watch = async (): Promise<void> => {
    while (!seen.enough) {
      if ((await stage.weightsInEnvoy()) !== before) seen.unchanged = false;
      await sleep(LOOK_MS);
    }
  };
  const watched = watch();
  let awaySeconds = Number.NaN;
  try {
    await sleep(AWAY_MS);
    await stage.server.startAgain();
    awaySeconds = (performance.now() - killedMs) / 1000;
    await sleep(WATCH_MS);
  } finally {
    seen.enough = true;
    await watched;
  }
  memory.restart = { awaySeconds, weightsUnchanged: seen.unchanged };
}
