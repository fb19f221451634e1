// YAML with its line numbers: an error in a file names the line, because that is where the reader has to go.
import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from "yaml";
import { SteelyardError } from "./errors.js";

export interface YamlDocument {
  readonly value: unknown;
  /** 1-based line of the key or entry that the path leads to, or as far as it exists. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** Each document of a file. @throws SteelyardError ERR_CONFIG_INVALID with file and line */
export function parseYaml(text: string, file: string): readonly YamlDocument[] {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const documents = Array.isArray(parsed) ? parsed : [];
  return documents.map((document) => {
    const [problem] = document.errors;
    if (problem !== undefined) {
      const { line } = lines.linePos(problem.pos[0]);
      throw new SteelyardError("ERR_CONFIG_INVALID", `${file}:${line}: not YAML: ${problem.message}`, {
        cause: problem,
      });
    }
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new SteelyardError("ERR_CONFIG_INVALID", `${file}: not YAML: ${reason}`, { cause });
    }
    return { value, lineOf: (path) => lines.linePos(offsetOf(document.contents, path)).line };
  });
}

/** Tokens of an RFC 6901 pointer. */
export function pathOfPointer(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((token) => token.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function offsetOf(root: Node | null, path: readonly PropertyKey[]): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const token of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(token));
      if (!pair) return offset;
      if (isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(token)];
      offset = (node as Node | undefined)?.range?.[0] ?? offset;
    } else return offset;
  }
  return offset;
}
