// The Clock port on simulated time: timers are events of the queue, so the control loop and the requests share one order
// of events.
import type { Cancel, Clock } from "../../runtime/clock.js";
import { EventKind } from "./event-kind.js";
import type { EventQueue } from "./event-queue.js";

export class VirtualClock implements Clock {
  readonly #queue: EventQueue;
  readonly #tasks: (Task | undefined)[] = [];
  readonly #free: number[] = [];

  constructor(queue: EventQueue) {
    this.#queue = queue;
  }

  nowMs(): number {
    return this.#queue.timeMs;
  }

  wallMs(): number {
    return this.#queue.timeMs;
  }

  schedule(delayMs: number, run: () => void): Cancel {
    const task: Task = { run };
    const slot = this.#free.pop() ?? this.#tasks.length;
    this.#tasks[slot] = task;
    this.#queue.push(this.#queue.timeMs + Math.max(0, delayMs), EventKind.timer, slot);
    return () => {
      // The slot stays taken until its event comes up; whoever has it then must be another task.
      if (this.#tasks[slot] === task) this.#tasks[slot] = undefined;
    };
  }

  /** Runs `task` every `periodMs`, first after `firstMs`, for ever. */
  repeat(firstMs: number, periodMs: number, task: () => void): void {
    this.schedule(firstMs, () => {
      this.repeat(periodMs, periodMs, task);
      task();
    });
  }

  /** The event of `slot` has come up. */
  fire(slot: number): void {
    const task = this.#tasks[slot];
    this.#tasks[slot] = undefined;
    this.#free.push(slot);
    task?.run();
  }
}

/** An object per call, because the same function may be scheduled twice. */
interface Task {
  readonly run: () => void;
}
