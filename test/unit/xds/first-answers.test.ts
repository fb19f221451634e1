import { describe, expect, test } from "@jest/globals";
import { ManualClock } from "../../../src/runtime/manual-clock.js";
import { FirstAnswers, type Waiting } from "../../../src/xds/first-answers.js";

function rig(maxFirstAnswers: number) {
  const clock = new ManualClock(5_000);
  let told = 0;
  const meter = { waiting: (streams: number) => void (told = streams) };
  const answers = new FirstAnswers({ limits: { maxFirstAnswers, firstAnswerMs: 1_000 }, clock, meter });
  const admitted: string[] = [];
  const stream = (name: string): Waiting => ({ admit: () => admitted.push(name) });
  const waiting = (): number => told;
  return { clock, answers, admitted, stream, waiting };
}

describe("FirstAnswers", () => {
  test("serves a bounded number at a time, the others in the order in which they came", () => {
    const { answers, admitted, stream, waiting, clock } = rig(2);
    const [a, b, c, d] = [stream("a"), stream("b"), stream("c"), stream("d")];
    expect([a, b, c, d].map((each) => answers.ask(each))).toEqual([true, true, false, false]);
    expect(waiting()).toBe(2);
    answers.done(b);
    answers.done(b);
    expect(admitted).toEqual(["c"]);
    answers.done(a);
    expect(admitted).toEqual(["c", "d"]);
    expect(waiting()).toBe(0);
    answers.done(c);
    answers.done(d);
    expect(clock.pendingTasks).toBe(0);
    expect(answers.ask(stream("e"))).toBe(true);
  });

  test("who leaves while waiting is passed over", () => {
    const { answers, admitted, stream } = rig(1);
    const [a, b, c] = [stream("a"), stream("b"), stream("c")];
    for (const each of [a, b, c]) answers.ask(each);
    answers.done(b);
    answers.done(a);
    expect(admitted).toEqual(["c"]);
  });

  test("those that do not take their answer lose their place after a while, the oldest first", () => {
    const { answers, admitted, stream, clock } = rig(2);
    answers.ask(stream("stuck"));
    clock.advance(400);
    answers.ask(stream("stuck later"));
    for (const name of ["a", "b", "c"]) answers.ask(stream(name));
    clock.advance(599);
    expect(admitted).toEqual([]);
    clock.advance(1);
    expect(admitted).toEqual(["a"]);
    clock.advance(400);
    expect(admitted).toEqual(["a", "b"]);
    clock.advance(600);
    expect(admitted).toEqual(["a", "b", "c"]);
    expect(clock.pendingTasks).toBe(0);
  });
});
