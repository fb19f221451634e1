// Runs the scenes one after the other, keeps the screen current, and judges. Everything is measured from the request log,
// so a verdict can be repeated once the last answers are in.
import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceWeights } from "../lab/control-api.js";
import { OpenLoopLoad } from "../lab/open-loop-load.js";
import { MEMBERS, NEWCOMER, RATE_RPS, SHOP, UTILISATION } from "./cast.js";
import type { Display } from "./display.js";
import { liveView, mainFactor } from "./live-view.js";
import type { MemberState } from "./paired-fleet.js";
import { type Memory, type Scene, type Span, type Verdict } from "./scene.js";

import type { Frame } from "./screen.js";
import type { Stage } from "./stage.js";

const REDRAW_MS = 500;
const EXPLAINED_AT_ONCE = 3;
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
  readonly #explained = new Map<string, string>();
  #cast: readonly MemberState[] = [];
  #turn = 0;
  #warmUpSeconds = 0;
  #lingering = false;
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
    const endMs = this.#played.at(-1)?.span.toMs ?? span.toMs;
    return scene.judge({ log: this.#options.stage.log, span, endMs, memory: this.#memory, slots });
  }

  /** Shows the traffic until `ended`. */
  async linger(ended: AbortSignal): Promise<void> {
    this.#title = "yours: break something and watch";
    this.#lingering = true;
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
    this.#cast = await stage.fleet.states();
    try {
      this.#weights = await stage.server.api.weights(SHOP);
      this.#serverUp = true;
      const shares = new Map(this.#weights.endpoints.map((endpoint) => [endpoint.instance, endpoint.share]));
      this.#memory.targets.push({ atMs: OpenLoopLoad.nowMs(), shares });
      await this.#explainNext();
    } catch {
      this.#serverUp = false; // the screen goes on showing the last plan: Envoy has it too
    }
    display.show(this.#frame());
  }

  /** A few at a time: the reasons of all are a few seconds old at most, and the server has other things to do. */
  async #explainNext(): Promise<void> {
    const names = this.#cast.map((member) => member.name);
    for (let i = 0; i < EXPLAINED_AT_ONCE; i += 1) {
      this.#turn += 1;
      const name = names[this.#turn % names.length];
      if (name === undefined) return;
      const explanation = await this.#options.stage.server.api.explanation(SHOP, name).catch(() => undefined);
      if (explanation !== undefined) this.#explained.set(name, mainFactor(explanation));
    }
  }

  #frame(): Frame {
    const { stage, scenes, scale } = this.#options;
    const nowMs = OpenLoopLoad.nowMs();
    const weights = this.#weights;
    const view = { log: stage.log, nowMs, members: this.#cast, conditions: this.#conditions(), weights };
    const sceneSeconds = scenes.reduce((sum, scene) => sum + scene.seconds, 0) * scale;
    return {
      view: liveView({ ...view, explained: this.#explained }),
      title: this.#title,
      elapsedSeconds: (nowMs - this.#startMs) / 1000,
      totalSeconds: this.#lingering ? undefined : this.#warmUpSeconds + sceneSeconds,
      scenes: scenes.map(({ name }) => ({ name, state: this.#states.get(name) ?? "ahead" })),
      facts: [
        this.#serverUp
          ? { text: `control server up, plan ${weights?.revision ?? 0} (${weights?.mode ?? "none yet"})` }
          : { text: "control server DOWN, Envoy keeps the weights", bad: true },
        { text: `Envoy ${stage.envoyVersion}` },
        { text: `${RATE_RPS} rps to each, ${(UTILISATION * 100).toFixed(0)} % of capacity` },
      ],
    };
  }

  #conditions(): ReadonlyMap<string, string> {
    const draining = new Set(
      this.#weights?.endpoints.filter(({ health }) => health === "DRAINING").map(({ instance }) => instance),
    );
    const words = this.#cast.map(({ name, slowdown, failFraction }): readonly [string, string] => {
      if (failFraction > 0) return [name, failFraction < 1 ? `${(failFraction * 100).toFixed(0)}% 503s` : "503s"];
      if (slowdown > 1) return [name, `${slowdown}x slower`];
      if (draining.has(name)) return [name, "draining"];
      if (this.#memory.healed.has(name)) return [name, "well again"];
      return [name, MEMBERS.some((member) => member.name === name) ? "" : "new"];
    });
    return new Map(words);
  }
}
