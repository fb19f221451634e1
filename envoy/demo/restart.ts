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

  let unchanged = true;
  let watching = true;
  const watch = async (): Promise<void> => {
    while (watching) {
      if ((await stage.weightsInEnvoy()) !== before) unchanged = false;
      await sleep(LOOK_MS);
    }
  };
  const watched = watch();
  try {
    await sleep(AWAY_MS);
    await stage.server.startAgain();
    memory.restart = { awaySeconds: (performance.now() - killedMs) / 1000, weightsUnchanged: true };
    await sleep(WATCH_MS);
  } finally {
    watching = false;
    await watched;
  }
  memory.restart = { ...memory.restart, weightsUnchanged: unchanged };
}
