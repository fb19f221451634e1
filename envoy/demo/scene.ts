// What a scene is: something happens at its start, traffic flows for its length, and a verdict says whether the weights
// followed. Criteria are part of the program, so that its exit status means something.
import type { RequestLog } from "../lab/request-log.js";
import type { Stage } from "./stage.js";

export const SCENE_NAMES = ["learn", "steady", "slow", "fail", "recover", "join", "drain", "restart"] as const;
export type SceneName = (typeof SCENE_NAMES)[number];

/** A time span on the load generator's clock. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What the acts leave behind for the verdicts. */
export interface Memory {
  /** Faults that were healed: when, and the share before the fault. */
  readonly healed: Map<string, { readonly atMs: number; readonly share: number }>;
  /** Backends with a fault now, and their share before it. */
  readonly faulty: Map<string, { readonly sinceMs: number; readonly share: number }>;
  restart: RestartFacts | undefined;
  /** Target shares as the server told them, oldest first. */
  readonly targets: TargetShares[];
}

export interface TargetShares {
  readonly atMs: number;
  readonly shares: ReadonlyMap<string, number>;
}

export interface RestartFacts {
  /** Seconds between the kill and the new process being ready. */
  readonly awaySeconds: number;
  /** Whether every weight in Envoy stayed what it was, from the kill until two seconds after the server was ready again. */
  readonly weightsUnchanged: boolean;
}

export interface Verdict {
  /** undefined = the scene was too short to tell. */
  readonly met: boolean | undefined;
  /** What happened and what was wanted, one line. */
  readonly text: string;
  /** Numbers for the JSON report. */
  readonly facts: Readonly<Record<string, number | boolean | undefined>>;
}

export interface JudgeInput {
  readonly log: RequestLog;
  readonly span: Span;
  /** Until when there is traffic in the log, on the same clock. */
  readonly endMs: number;
  readonly memory: Memory;
  /** Slots by backend, the newcomer's too. */
  readonly slots: ReadonlyMap<string, number>;
}

export interface Scene {
  readonly name: SceneName;
  /** For the screen. */
  readonly title: string;
  /** Length in a full run. */
  readonly seconds: number;
  /** What happens at the start. It may go on while traffic flows; the scene waits for its end. */
  readonly act: (stage: Stage, memory: Memory, span: Span) => Promise<void>;
  readonly judge: (input: JudgeInput) => Verdict;
}
