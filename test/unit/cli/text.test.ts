// How the command line writes: tables, numbers, colors, events, and its own reference.
import { describe, expect, test } from "@jest/globals";
import { repaint, stylesFor } from "../../../src/cli/ansi.js";
import { age, factor, milliseconds, percent, rate } from "../../../src/cli/format.js";
import { renderCliReference } from "../../../src/cli/reference.js";
import { readEvents } from "../../../src/cli/server-sent-events.js";
import { printable, renderTable } from "../../../src/cli/table.js";

describe("tables", () => {
  test("text goes left, numbers right, and no line ends in spaces", () => {
    const table = renderTable(
      [{ title: "NAME" }, { title: "N", align: "right" }, { title: "NOTE" }],
      [
        ["a", "1", ""],
        ["long-name", "1000", "x y"],
      ],
    );
    expect(table).toBe("NAME          N  NOTE\na             1\nlong-name  1000  x y\n");
  });

  test("styles and combined characters don't shift columns", () => {
    const { red } = stylesFor({ stdout: { write: () => true, isTTY: true }, env: {} });
    const table = renderTable(
      [{ title: "A" }, { title: "B" }],
      [
        [{ text: "x", style: red }, "1"],
        ["e\u0301", "2"],
        ["yy", "3"],
      ],
    );
    expect(table.split("\n").slice(1, 4)).toEqual(["\u001b[31mx\u001b[39m   1", "e\u0301   2", "yy  3"]);
  });

  test("control and direction characters are shown as replacement", () => {
    expect(printable("a\u001b[2J\nb\u202e\u2028\ud800é")).toBe("a\ufffd[2J\ufffdb\ufffd\ufffd\ufffdé");
  });

  test("no rows, only titles", () => {
    expect(renderTable([{ title: "A" }], [])).toBe("A\n");
  });
});

test.each([
  [percent(0.12345), "12.3 %"],
  [percent(undefined), "-"],
  [milliseconds(3.14159), "3.1 ms"],
  [milliseconds(212.4), "212 ms"],
  [milliseconds(12_345), "12.3 s"],
  [rate(3.14159), "3.1"],
  [rate(1234.5), "1235"],
  [factor(0.28), "0.2800"],
  [factor(1.5), "1.500"],
  [factor(0.00012), "1.20e-4"],
  [factor(0), "0"],
  [age(-5), "0.0 s"],
  [age(9_940), "9.9 s"],
  [age(61_000), "61 s"],
  [age(600_000), "10 min"],
  [age(10_800_000), "3 h"],
])("%j is written %j", (shown, expected) => {
  expect(shown).toBe(expected);
});

test("repainting overwrites line by line and clears the rest", () => {
  expect(repaint("a\nb\n")).toBe("\u001b[Ha\u001b[K\nb\u001b[K\n\u001b[J");
});

describe("event streams", () => {
  const eventsIn = async (chunks: readonly string[]): Promise<unknown[]> => {
    const bytes = chunks.map((chunk) => Buffer.from(chunk, "latin1"));
    const events: unknown[] = [];
    for await (const event of readEvents(ReadableStream.from(bytes) as ReadableStream<Uint8Array>)) events.push(event);
    return events;
  };

  test("are read across chunks, even inside a character", async () => {
    const text = Buffer.from("event: weights\nid: 1\ndata: é\n\n: ping\n\ndata: a\ndata: b\n\n").toString("latin1");
    for (let cut = 1; cut < text.length; cut++) {
      expect(await eventsIn([text.slice(0, cut), text.slice(cut)])).toEqual([
        { event: "weights", data: "é" },
        { event: "message", data: "a\nb" },
      ]);
    }
  });

  test("an event that is cut off is none", async () => {
    expect(await eventsIn(["event: weights\ndata: {}\n"])).toEqual([]);
  });
});

test("the reference has every command with its options", () => {
  const page = renderCliReference();
  for (const title of [
    "serve",
    "bootstrap",
    "register",
    "import",
    "get services",
    "get instances",
    "get weights",
    "get nodes",
    "watch",
    "explain",
    "drain",
    "undrain",
    "maint",
    "version",
  ]) {
    expect(page).toContain(`## steelyard ${title}\n`);
  }
  expect(page).toContain("`--drain-timeout <seconds>`");
  expect(page).toContain("STEELYARD_SERVER");
  expect(page).not.toContain("undefined");
});
