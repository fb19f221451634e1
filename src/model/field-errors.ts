// Turns what zod found into the field errors of a problem document: RFC 6901 pointers, one line each, bounded.
// A hostile body can hold thousands of bad fields with long names; the answer must stay small.
import type { z } from "zod";
import type { FieldError } from "./errors.js";

const MAX_ERRORS = 32;
const MAX_TOKEN_CHARS = 128;
const MAX_DETAIL_CHARS = 256;

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** RFC 6901 pointer of a path; "" is the whole document. Tokens beyond 128 characters are cut. */
export function jsonPointer(path: Path): string {
  return path
    .map((token) => `/${String(token).slice(0, MAX_TOKEN_CHARS).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}

/** At most 32 errors, in the order in which zod found them; each unknown field is an error of its own. */
export function fieldErrorsOf(error: z.ZodError): FieldError[] {
  const errors: FieldError[] = [];
  for (const issue of error.issues) {
    for (const found of errorsOf(issue, issue.path)) {
      if (errors.length === MAX_ERRORS) return errors;
      errors.push(found);
    }
  }
  return errors;
}

function* errorsOf(issue: Issue, path: Path): Generator<FieldError> {
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) yield { pointer: jsonPointer([...path, key]), detail: "unknown field" };
  } else if (issue.code === "invalid_key") {
    // of a record: the path ends with the key itself, the nested issue says what is wrong with it
    for (const nested of issue.issues)
      yield { pointer: jsonPointer(path), detail: detailOf(`name: ${nested.message}`) };
  } else {
    const branch = issue.code === "invalid_union" ? meantBranch(issue.errors) : undefined;
    if (branch === undefined) yield { pointer: jsonPointer(path), detail: detailOf(issue.message) };
    for (const nested of branch ?? []) yield* errorsOf(nested, [...path, ...nested.path]);
  }
}

/** Of a union, the form that was meant: the only one that takes a value of this kind, an object with these fields or a list. */
function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const isOther = ({ code, path }: Issue) =>
    path.length === 0 && (code === "invalid_type" || code === "unrecognized_keys");
  const meant = branches.filter((issues) => !issues.some(isOther));
  return meant.length === 1 ? meant[0] : undefined;
}

function detailOf(message: string): string {
  return message.length <= MAX_DETAIL_CHARS ? message : `${message.slice(0, MAX_DETAIL_CHARS - 3)}...`;
}
