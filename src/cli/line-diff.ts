// The difference of two texts, line by line: those that go with "-", those that come with "+", and some around them.
// A longest common subsequence by the book: what people write about a service or a route is some dozens of lines.

const CONTEXT = 2;
/** Beyond it, the table of the book would be too large: everything goes, and everything comes. */
const MAX_CELLS = 4_000_000;

interface Line {
  readonly mark: "-" | "+" | " ";
  readonly text: string;
}

/** "" when they are equal; "…" stands for lines left out. */
export function lineDiff(before: string, after: string): string {
  if (before === after) return "";
  const lines = diffOf(linesOf(before), linesOf(after));
  const isShown = lines.map((_, index) =>
    lines.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ mark }) => mark !== " "),
  );
  return lines
    .map(({ mark, text }, index) => {
      if (isShown[index]) return `${mark} ${text}\n`;
      return isShown[index - 1] || index === 0 ? "  …\n" : "";
    })
    .join("");
}

function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function diffOf(before: readonly string[], after: readonly string[]): readonly Line[] {
  if (before.length * after.length > MAX_CELLS) {
    return [...before.map((text): Line => ({ mark: "-", text })), ...after.map((text): Line => ({ mark: "+", text }))];
  }
  // common[i][j]: length of what before[i..] and after[j..] have in common.
  const common = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    const row = common[i] ?? new Uint32Array(0);
    for (let j = after.length - 1; j >= 0; j--) {
      row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [gone = "", come = ""] = [before[i], after[j]];
    if (i < before.length && j < after.length && gone === come) {
      lines.push({ mark: " ", text: gone });
      i++;
      j++;
    } else if (i < before.length && (j === after.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ mark: "-", text: gone });
      i++;
    } else {
      lines.push({ mark: "+", text: come });
      j++;
    }
  }
  return lines;
}
