// Runs the scenes one after the other, keeps the screen current, and judges. Everything is measured from the request log,
// so a verdict can be repeated once the last answers are in.
import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceWeights } from "../lab/control-api.js";
import { OpenLoopLoad } from "../lab/open-loop-load.js";
import { MEMBERS, type Member, NEWCOMER, RATE_RPS, SLOW, UTILISATION } from "./cast.js";
import type { Display } from "./display.js";
import { liveView } from "./live-view.js";
import { type Memory, type Scene, SHOP, type Span, type Verdict } from "./scene.js";
import type { Frame } from "./screen.js";
import type { Stage } from "./stage.js";

const REDRAW_MS = 500;
/** Records older than this are dropped in `--keep`, which may run for days. */
const KEEP_MS = 120_000;

export interface PlayedScene {
  readonly scene: Scene;
  readonly span: Span;
}

export interface DirectorOptions {
  readonly stage: Stage;
  readonly scenes: readonly Scene[];
  /** Factor on the length of every scene. */
  readonly scale: number;
  readonly display: Display;
}

export class Director {
  readonly #options: DirectorOptions;
  readonly #memory: Memory = { healed: new Map(), faulty: new Map(), restart: undefined, targets: [] };
  readonly #startMs = OpenLoopLoad.nowMs();
  readonly #played: PlayedScene[] = [];
  readonly #states = new Map<string, Frame["scenes"][number]["state"]>();
  #warmUpSeconds = 0;
  #weights: ServiceWeights | undefined;
  #serverUp = true;
  #title = "warming up";

  constructor(options: DirectorOptions) {
    this.#options = options;
  }

  get played(): readonly PlayedScene[] {
    return this.#played;
  }

  /** Traffic without a scene, so that one picked out of the middle does not start cold. */
  async warmUp(seconds: number): Promise<void> {
    this.#warmUpSeconds = seconds;
    await this.#watch(seconds * 1000, Promise.resolve());
  }

  async play(): Promise<void> {
    const { scenes, scale, stage } = this.#options;
    for (const scene of scenes) {
      this.#title = `${scene.name}: ${scene.title}`;
      this.#states.set(scene.name, "running");
      const fromMs = OpenLoopLoad.nowMs();
      const lengthMs = scene.seconds * 1000 * scale;
      const act = scene.act(stage, this.#memory, { fromMs, toMs: fromMs + lengthMs });
      await this.#watch(lengthMs, act);
      const played = { scene, span: { fromMs, toMs: OpenLoopLoad.nowMs() } };
      this.#played.push(played);
      this.#states.set(scene.name, this.judge(played).met === false ? "failed" : "done");
    }
  }

  judge({ scene, span }: PlayedScene): Verdict {
    const slots = new Map([...MEMBERS, NEWCOMER].map((member) => [member.name, member.slots]));
    return scene.judge({ log: this.#options.stage.log, span, memory: this.#memory, slots });
  }

  /** Shows the traffic until `ended`. */
  async linger(ended: AbortSignal): Promise<void> {
    this.#title = "yours: break something and watch";
    while (!ended.aborted) {
      await this.#watch(REDRAW_MS, Promise.resolve());
      this.#options.stage.log.forgetBefore(OpenLoopLoad.nowMs() - KEEP_MS);
      this.#memory.targets.length = 0;
    }
  }

  /** Redraws until the time is over and the act has ended. @throws what the act throws, at once */
  async #watch(lengthMs: number, act: Promise<void>): Promise<void> {
    const endMs = performance.now() + lengthMs;
    const state = { acting: true };
    const perform = async (): Promise<void> => {
      await act;
      state.acting = false;
    };
    const acted = perform();
    while (state.acting || performance.now() < endMs) {
      await this.#redraw();
      const pause = sleep(Math.min(REDRAW_MS, Math.max(20, endMs - performance.now())));
      await (state.acting ? Promise.race([pause, Promise.all([acted, pause])]) : pause);
    }
    await acted;
  }

  async #redraw(): Promise<void> {
    const { stage, display } = this.#options;
    try {
      this.#weights = await stage.server.api.weights(SHOP);
      this.#serverUp = true;
      const shares = new Map(this.#weights.endpoints.map((endpoint) => [endpoint.instance, endpoint.share]));
      this.#memory.targets.push({ atMs: OpenLoopLoad.nowMs(), shares });
    } catch {
      this.#serverUp = false; // the screen goes on showing the last plan: Envoy has it too
    }
    display.show(this.#frame());
  }

  #frame(): Frame {
    const { stage, scenes, scale } = this.#options;
    const nowMs = OpenLoopLoad.nowMs();
    const members = this.#members();
    return {
      view: liveView({ log: stage.log, nowMs, members, conditions: this.#conditions(), weights: this.#weights }),
      title: this.#title,
      elapsedSeconds: (nowMs - this.#startMs) / 1000,
      totalSeconds: this.#warmUpSeconds + scenes.reduce((sum, scene) => sum + scene.seconds, 0) * scale,
      scenes: scenes.map(({ name }) => ({ name, state: this.#states.get(name) ?? "ahead" })),
      facts: [
        this.#serverUp
          ? { text: `control server up, plan ${this.#weights?.revision ?? 0} (${this.#weights?.mode ?? "none yet"})` }
          : { text: "control server DOWN, Envoy keeps the weights", bad: true },
        { text: `Envoy ${stage.envoyVersion}` },
        { text: `${RATE_RPS} rps to each, ${(UTILISATION * 100).toFixed(0)} % of capacity` },
      ],
    };
  }

  #members(): readonly Member[] {
    const present = (this.#weights?.endpoints ?? []).map((endpoint) => endpoint.instance);
    const strangers = present.filter((name) => !MEMBERS.some((member) => member.name === name));
    return [...MEMBERS, ...strangers.map((name) => ({ name, slots: name === NEWCOMER.name ? NEWCOMER.slots : 0 }))];
  }

  #conditions(): ReadonlyMap<string, string> {
    const words = new Map<string, string>();
    for (const name of this.#memory.faulty.keys())
      words.set(name, name === SLOW.name ? `${SLOW.factor}x slower` : "503s");
    for (const name of this.#memory.healed.keys()) words.set(name, "well again");
    for (const endpoint of this.#weights?.endpoints ?? []) {
      if (endpoint.health === "DRAINING") words.set(endpoint.instance, "draining");
      if (endpoint.instance === NEWCOMER.name) words.set(endpoint.instance, "new");
    }
    return words;
  }
}
