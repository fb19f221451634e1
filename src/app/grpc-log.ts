// grpc-js has one logger per process and writes to standard error by itself; here its lines become lines of our log.
import { format } from "node:util";
import { setLogger } from "@grpc/grpc-js";
import type { Logger } from "../runtime/logger.js";

export function logGrpcThrough(logger: Logger): void {
  const at =
    (level: "debug" | "info" | "warn") =>
    (...parts: readonly unknown[]): void =>
      logger[level]({ text: format(...parts) }, "grpc");
  // Its errors are those of one stream or listener, which our own code reports with a code and a remedy.
  setLogger({ debug: at("debug"), info: at("info"), error: at("warn") });
}
