// Log lines: JSON with event and fields, secrets masked, nothing forged.
import { expect, test } from "@jest/globals";
import { createLogger, type LogLevel } from "../../../src/telemetry/logger.js";

function capture(level: LogLevel = "debug"): {
  readonly lines: () => Record<string, unknown>[];
  readonly logger: ReturnType<typeof createLogger>;
} {
  let text = "";
  const stream = { write: (chunk: string) => void (text += chunk) };
  return {
    logger: createLogger({ level, stream }),
    lines: () =>
      text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

test("a line has time, level, event and fields, and those of its parents", () => {
  const { logger, lines } = capture();
  logger.child({ component: "registry" }).info({ service: "orders" }, "registered");
  expect(lines()).toEqual([
    { level: "info", time: expect.any(String), component: "registry", service: "orders", event: "registered" },
  ]);
});

test("the level is a threshold", () => {
  const { logger, lines } = capture("warn");
  logger.info({}, "quiet");
  logger.warn({}, "loud");
  expect(lines().map(({ event }) => event)).toEqual(["loud"]);
});

test("secrets are masked by name, up to two levels deep", () => {
  const { logger, lines } = capture();
  logger.info(
    {
      token: "s1",
      headers: { authorization: "s2", "set-cookie": "s3" },
      a: { b: { password: "s4" } },
      key: "orders/a",
    },
    "seen",
  );
  const [line] = lines();
  expect(JSON.stringify(line)).not.toMatch(/s[1-4]"/);
  expect(line).toMatchObject({ token: "[redacted]", headers: { authorization: "[redacted]" }, key: "orders/a" });
});

test("errors keep their stack, text stays text, and no line is forged", () => {
  const { logger, lines } = capture();
  logger.error({ error: new TypeError("broken") }, "failed");
  logger.warn({ error: 'refused\n{"level":"info","event":"fine"}' }, "nack");
  expect(lines()).toHaveLength(2);
  expect(lines()[0]).toMatchObject({
    error: { type: "TypeError", message: "broken", stack: expect.stringContaining("logger.test") },
  });
  expect(lines()[1]).toMatchObject({ error: 'refused\n{"level":"info","event":"fine"}' });
});
