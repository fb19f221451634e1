// The eight scenes in their order, with what happens in each. The verdicts are in verdicts.ts.
import { setTimeout as sleep } from "node:timers/promises";
import { OpenLoopLoad } from "../lab/open-loop-load.js";
import { trafficShare } from "../lab/request-log.js";
import { FAILING, LEAVING, NEWCOMER, SHOP, SLOW } from "./cast.js";
import { restartAct } from "./restart.js";
import type { Memory, Scene } from "./scene.js";

import type { Stage } from "./stage.js";
import * as verdicts from "./verdicts.js";

/** Span before a fault from which the share is taken that the backend should come back to. */
const SHARE_WINDOW_MS = 4_000;
/** Time that a drained backend has for what it still serves. */
const DRAIN_MS = 2_500;

export const SCENES: readonly Scene[] = [
  {
    name: "learn",
    title: "cold start: all weights equal, capacities unknown",
    seconds: 14,
    act: async () => undefined,
    judge: verdicts.learned,
  },
  {
    name: "steady",
    title: "nothing happens",
    seconds: 10,
    act: async () => undefined,
    judge: verdicts.steady,
  },
  {
    name: "slow",
    title: `${SLOW.name} answers ${SLOW.factor} times slower`,
    seconds: 12,
    act: async (stage, memory) => {
      rememberFault(stage, memory, SLOW.name);
      await stage.fleet.slow(SLOW.name, SLOW.factor);
    },
    judge: verdicts.slow,
  },
  {
    name: "fail",
    title: `${FAILING} answers 503 at once`,
    seconds: 12,
    act: async (stage, memory) => {
      await healAll(stage, memory);
      rememberFault(stage, memory, FAILING);
      await stage.fleet.fail(FAILING);
    },
    judge: verdicts.failing,
  },
  {
    name: "recover",
    title: "all backends are well again",
    seconds: 16,
    act: healAll,
    judge: verdicts.recovered,
  },
  {
    name: "join",
    title: `${NEWCOMER.name} registers itself`,
    seconds: 8,
    act: (stage) => stage.join(NEWCOMER),
    judge: verdicts.joined,
  },
  {
    name: "drain",
    title: `${LEAVING} drains and leaves`,
    seconds: 6,
    act: async (stage) => {
      await stage.drain(LEAVING);
      await sleep(DRAIN_MS);
      await stage.leave(LEAVING);
    },
    judge: verdicts.drained,
  },
  {
    name: "restart",
    title: "the control server is killed (-9) and started again",
    seconds: 12,
    act: restartAct,
    judge: verdicts.restarted,
  },
];

function rememberFault(stage: Stage, memory: Memory, name: string): void {
  const nowMs = OpenLoopLoad.nowMs();
  const share = trafficShare(stage.log.between(SHOP, nowMs - SHARE_WINDOW_MS, nowMs), name);
  memory.faulty.set(name, { sinceMs: nowMs, share });
}

async function healAll(stage: Stage, memory: Memory): Promise<void> {
  for (const [name, { share }] of memory.faulty) {
    await stage.fleet.heal(name);
    memory.healed.set(name, { atMs: OpenLoopLoad.nowMs(), share });
    memory.faulty.delete(name);
  }
}
