// One event stream under a manual clock: pings, coalescing for a slow client, and the cut.
import { EventEmitter } from "node:events";
import { beforeEach, expect, test } from "@jest/globals";
import type { Response } from "express";
import { EventStream } from "../../../src/api/event-stream.js";
import { ManualClock } from "../../../src/runtime/manual-clock.js";

class FakeResponse extends EventEmitter {
  readonly written: string[] = [];
  full = false;
  destroyed = false;
  writeHead(): void {}
  flushHeaders(): void {}
  write(text: string): boolean {
    this.written.push(text);
    return !this.full;
  }
  end(): void {
    this.emit("close");
  }
  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

let clock: ManualClock;
let response: FakeResponse;
let stream: EventStream;
let stalls: number;

beforeEach(() => {
  clock = new ManualClock();
  response = new FakeResponse();
  stalls = 0;
  stream = new EventStream({
    response: response as unknown as Response,
    clock,
    stallMs: 30_000,
    onStall: () => (stalls += 1),
  });
});

test("pings every 15 s", () => {
  clock.advance(45_000);
  expect(response.written).toEqual([": ping\n\n", ": ping\n\n", ": ping\n\n"]);
});

test("a slow client gets only the newest event of each key once it reads on", () => {
  response.full = true;
  stream.send("a", "a1");
  for (const frame of ["a2", "a3"]) stream.send("a", frame);
  stream.send("b", "b1");
  clock.advance(20_000);
  expect(response.written).toEqual(["a1"]);
  response.full = false;
  response.emit("drain");
  expect(response.written).toEqual(["a1", "a3", "b1"]);
  clock.advance(60_000);
  expect([stalls, response.destroyed]).toEqual([0, false]);
});

test("a client that takes nothing is cut, and nothing is left running", () => {
  response.full = true;
  stream.send("a", "a1");
  clock.advance(29_999);
  expect(response.destroyed).toBe(false);
  clock.advance(1);
  expect([stalls, response.destroyed]).toEqual([1, true]);
  stream.send("a", "a2");
  expect(response.written).toEqual(["a1"]);
  expect(clock.pendingTasks).toBe(0);
});

test("after the end nothing is written and nothing is left running", () => {
  stream.end();
  stream.send("a", "a1");
  clock.advance(60_000);
  expect(response.written).toEqual([]);
  expect(clock.pendingTasks).toBe(0);
});
