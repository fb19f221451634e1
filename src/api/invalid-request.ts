// The error for what a schema refused. The message names the first fault, so that a log line or a terminal is enough.
import type { z } from "zod";
import { SteelyardError } from "../model/errors.js";
import { fieldErrorsOf } from "../model/field-errors.js";

/** @param prefix pointer of the checked value within the request, "" for the body */
export function invalidRequest(message: string, error: z.ZodError, prefix: string): SteelyardError {
  const errors = fieldErrorsOf(error).map(({ pointer, detail }) => ({ pointer: prefix + pointer, detail }));
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  const detail = first ? `${message}: ${first.pointer} ${first.detail}${more}` : message;
  return new SteelyardError("ERR_INVALID_REQUEST", detail, { errors });
}
