// The logging port over pino: JSON lines with an event name and fields. JSON escapes control characters, so what a
// client sends cannot forge a line; secrets are masked by field name wherever they are one or two levels deep.
import { type DestinationStream, destination, pino, stdSerializers, stdTimeFunctions } from "pino";
import type { Logger } from "../runtime/logger.js";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

const SECRET_FIELDS = ["authorization", "cookie", "set-cookie", "token", "password", "secret", "apiKey", "privateKey"];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Where the lines go. Default: standard error, so that standard output belongs to the command. */
  readonly stream?: DestinationStream;
  /** Fields of every line. Default none: no host name, no process id. */
  readonly base?: Readonly<Record<string, unknown>>;
}

export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: { ...options.base },
      messageKey: "event",
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: stdSerializers.err, error: errorSerializer },
      redact: {
        paths: SECRET_FIELDS.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]),
        censor: "[redacted]",
      },
    },
    options.stream ?? destination({ fd: 2, sync: true }),
  );
}

/** `error` may be a string that a proxy sent: only Error objects are unfolded. */
function errorSerializer(value: unknown): unknown {
  return value instanceof Error ? stdSerializers.err(value) : value;
}
