// Options that several commands share, and the parsers of their values. A value that does not parse is a usage error.
import { type Command, InvalidArgumentError, Option } from "commander";
import { stringify } from "yaml";
import {
  type InstanceId,
  parseInstanceId,
  parseRouteName,
  parseServiceName,
  type RouteName,
  type ServiceName,
} from "../model/ids.js";
import { isHttpUrl } from "./api-client.js";
import type { CliContext } from "./context.js";

const DEFAULT_SERVER = "http://127.0.0.1:18080";

export type OutputFormat = "table" | "json" | "yaml";

export function withServer(command: Command, { env }: CliContext): Command {
  return command.addOption(
    new Option("--server <url>", "API of the control server (env STEELYARD_SERVER)")
      .default(env["STEELYARD_SERVER"] ?? DEFAULT_SERVER)
      .argParser(parseServerUrl),
  );
}

export function withOutput(command: Command): Command {
  return command.addOption(
    new Option("-o, --output <format>", "how to print").choices(["table", "json", "yaml"]).default("table"),
  );
}

/** Machine-readable forms are the API's answers as they are. */
export function print(context: CliContext, format: OutputFormat, data: unknown, table: () => string): void {
  if (format === "json") context.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
  else if (format === "yaml") context.stdout.write(stringify(data));
  else context.stdout.write(table());
}

export interface InstanceRef {
  readonly service: ServiceName;
  readonly id: InstanceId;
}

export function parseInstanceRef(text: string): InstanceRef {
  const slash = text.indexOf("/");
  if (slash < 0) throw new InvalidArgumentError("It must be SERVICE/INSTANCE.");
  return usage(() => ({ service: parseServiceName(text.slice(0, slash)), id: parseInstanceId(text.slice(slash + 1)) }));
}

export function parseService(text: string): ServiceName {
  return usage(() => parseServiceName(text));
}

export function parseRoute(text: string): RouteName {
  return usage(() => parseRouteName(text));
}

export function parseId(text: string): InstanceId {
  return usage(() => parseInstanceId(text));
}

/** Integers of a range, bounds included. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,15}$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be an integer, ${min} to ${max}.`);
  };
}

/** `--metadata key=value`, repeatable. */
export function collectPair(
  text: string,
  previous: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const cut = text.indexOf("=");
  if (cut < 1) throw new InvalidArgumentError("It must be KEY=VALUE.");
  return { ...previous, [text.slice(0, cut)]: text.slice(cut + 1) };
}

function parseServerUrl(text: string): string {
  if (isHttpUrl(text)) return text;
  throw new InvalidArgumentError(`It must be a URL like ${DEFAULT_SERVER}.`);
}

function usage<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? `${error.message}.` : String(error));
  }
}
