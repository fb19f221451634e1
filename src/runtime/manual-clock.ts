// A clock that moves only when told: tests and the simulator run on it.
import type { Cancel, Clock } from "./clock.js";

interface Task {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
}

export class ManualClock implements Clock {
  #nowMs: number;
  #order = 0;
  readonly #tasks = new Set<Task>();

  constructor(startMs = 0) {
    this.#nowMs = startMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, run: () => void): Cancel {
    const task: Task = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#tasks.add(task);
    return () => {
      this.#tasks.delete(task);
    };
  }

  /** Moves time forward by `ms`, running every task that falls due, in order, each at its own time. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (let task = this.#next(endMs); task; task = this.#next(endMs)) {
      this.#tasks.delete(task);
      this.#nowMs = Math.max(this.#nowMs, task.dueMs);
      task.run();
    }
    this.#nowMs = endMs;
  }

  get pendingTasks(): number {
    return this.#tasks.size;
  }

  #next(endMs: number): Task | undefined {
    let first: Task | undefined;
    for (const task of this.#tasks) {
      if (task.dueMs > endMs) continue;
      if (!first || task.dueMs < first.dueMs || (task.dueMs === first.dueMs && task.order < first.order)) first = task;
    }
    return first;
  }
}
