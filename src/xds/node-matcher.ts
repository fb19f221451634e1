// Which nodes a client status request asks for (envoy.type.matcher.v3.NodeMatcher). Regular expressions are refused: they
// would be ours to run and a stranger's to choose.
import type { NodeMatcher } from "../gen/envoy/type/matcher/v3/node.js";
import type { StringMatcher } from "../gen/envoy/type/matcher/v3/string.js";
import type { StructMatcher } from "../gen/envoy/type/matcher/v3/struct.js";
import type { ValueMatcher } from "../gen/envoy/type/matcher/v3/value.js";
import type { NodeInfo } from "./node.js";
import { invalidArgument } from "./stream-error.js";

/**
 * True when one of the matchers matches, or there is none.
 * @throws StreamError INVALID_ARGUMENT for a kind of matcher that is not supported
 */
export function matchesNode(matchers: readonly NodeMatcher[], node: Pick<NodeInfo, "id" | "metadata">): boolean {
  if (matchers.length === 0) return true;
  return matchers.some(
    ({ nodeId, nodeMetadatas }) =>
      (nodeId === undefined || matchesText(nodeId, node.id)) &&
      nodeMetadatas.every((matcher) => matchesStruct(matcher, node.metadata)),
  );
}

function matchesText({ matchPattern, ignoreCase }: StringMatcher, text: string): boolean {
  const folded = (value: string): string => (ignoreCase ? value.toLowerCase() : value);
  const subject = folded(text);
  switch (matchPattern?.$case) {
    case "exact":
      return subject === folded(matchPattern.value);
    case "prefix":
      return subject.startsWith(folded(matchPattern.value));
    case "suffix":
      return subject.endsWith(folded(matchPattern.value));
    case "contains":
      return subject.includes(folded(matchPattern.value));
    case "safeRegex":
    case "custom":
    case undefined:
      throw invalidArgument(`string matcher ${matchPattern?.$case ?? "without pattern"} is not supported`);
  }
}

function matchesStruct({ path, value }: StructMatcher, metadata: unknown): boolean {
  let at = metadata;
  for (const { segment } of path) {
    if (typeof at !== "object" || at === null || !segment || !Object.hasOwn(at, segment.value)) at = undefined;
    else at = (at as Readonly<Record<string, unknown>>)[segment.value];
  }
  return value !== undefined && matchesValue(value, at);
}

function matchesValue({ matchPattern }: ValueMatcher, value: unknown): boolean {
  switch (matchPattern?.$case) {
    case "nullMatch":
      return value === null;
    case "boolMatch":
      return value === matchPattern.value;
    case "presentMatch":
      return (value !== undefined) === matchPattern.value;
    case "stringMatch":
      return typeof value === "string" && matchesText(matchPattern.value, value);
    case "doubleMatch": {
      if (typeof value !== "number") return false;
      const { matchPattern: number } = matchPattern.value;
      if (number?.$case === "exact") return value === number.value;
      return number !== undefined && value >= number.value.start && value < number.value.end;
    }
    case "listMatch": {
      const one = matchPattern.value.matchPattern;
      return Array.isArray(value) && one !== undefined && value.some((item) => matchesValue(one.value, item));
    }
    case "orMatch":
      return matchPattern.value.valueMatchers.some((matcher) => matchesValue(matcher, value));
    case undefined:
      throw invalidArgument("value matcher without pattern");
  }
}
