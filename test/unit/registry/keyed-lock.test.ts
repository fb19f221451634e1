import { expect, test } from "@jest/globals";
import { KeyedLock } from "../../../src/registry/keyed-lock.js";

const gate = () => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

test("work on one key runs in order, also after a failure, and other keys do not wait", async () => {
  const lock = new KeyedLock();
  const log: string[] = [];
  const { open, opened } = gate();
  const first = lock.run("a", async () => {
    await opened;
    log.push("first");
    throw new Error("failed");
  });
  const second = lock.run("a", async () => {
    log.push("second");
    return 2;
  });
  await lock.run("b", async () => void log.push("other"));
  expect(log).toEqual(["other"]);
  open();
  await expect(first).rejects.toThrow("failed");
  expect(await second).toBe(2);
  expect(await lock.run("a", async () => 3)).toBe(3);
  expect(log).toEqual(["other", "first", "second"]);
});
