// The thresholds of passive health, their defaults and their order.
import { SteelyardError } from "../../model/errors.js";

export interface HealthOptions {
  /** Window over which results are counted, milliseconds > 0. Default 10,000. */
  readonly windowMs: number;
  /** Steps in which the window moves on, integer >= 1. Default 10. */
  readonly buckets: number;
  /** Below this many requests in the window its failure rate says nothing, integer >= 1. Default 20. */
  readonly minRequests: number;
  /** Failure rate from which a healthy backend is degraded, 0..1. Default 0.1. */
  readonly degradeAt: number;
  /** Failure rate down to which a degraded backend has to come to be healthy, below `degradeAt`. Default 0.05. */
  readonly restoreAt: number;
  /** Failure rate from which a backend is unhealthy, at least `degradeAt`. Default 0.5. */
  readonly ejectAt: number;
  /** Failures in a row that make a backend unhealthy, whatever the window says, integer >= 1. Default 5, as in Envoy. */
  readonly failuresInRow: number;
  /** Length of the first ejection, milliseconds > 0; the nth of a series lasts n times as long. Default 30,000, as in Envoy. */
  readonly ejectionMs: number;
  /** Longest ejection, and how long a backend must do well for a series to be over, milliseconds. Default 300,000. */
  readonly maxEjectionMs: number;
  /** Successes in a row that end probation, integer >= 1. Default 3. */
  readonly probationSuccesses: number;
  /** Least time between two requests to a backend in probation, milliseconds >= 0. Default 1,000. */
  readonly probationIntervalMs: number;
  /** Requests in flight at a backend in probation, integer >= 1. Default 1. */
  readonly probationInFlight: number;
  /** Largest part of the usable backends that may be unhealthy or in probation, 0..1. Default 0.5. */
  readonly maxEjectedShare: number;
}

const DEFAULTS: HealthOptions = {
  windowMs: 10_000,
  buckets: 10,
  minRequests: 20,
  degradeAt: 0.1,
  restoreAt: 0.05,
  ejectAt: 0.5,
  failuresInRow: 5,
  ejectionMs: 30_000,
  maxEjectionMs: 300_000,
  probationSuccesses: 3,
  probationIntervalMs: 1_000,
  probationInFlight: 1,
  maxEjectedShare: 0.5,
};

const POSITIVE = ["windowMs", "ejectionMs", "maxEjectionMs"] as const;
const COUNTS = ["buckets", "minRequests", "failuresInRow", "probationSuccesses", "probationInFlight"] as const;

/** @throws SteelyardError ERR_INVALID_REQUEST for values out of range or thresholds out of order */
export function healthOptions(given: Partial<HealthOptions>): HealthOptions {
  const options = { ...DEFAULTS, ...given };
  const { restoreAt, degradeAt, ejectAt, maxEjectedShare, probationIntervalMs } = options;
  for (const name of POSITIVE) check(options[name] > 0 && Number.isFinite(options[name]), `${name} must be positive`);
  for (const name of COUNTS) check(Number.isInteger(options[name]) && options[name] >= 1, `${name} must be 1 or more`);
  check(restoreAt >= 0 && restoreAt < degradeAt, "restoreAt must be below degradeAt");
  check(degradeAt <= ejectAt && ejectAt <= 1, "ejectAt must be degradeAt or more, and at most 1");
  check(maxEjectedShare >= 0 && maxEjectedShare <= 1, "maxEjectedShare must be 0..1");
  check(probationIntervalMs >= 0, "probationIntervalMs must not be negative");
  return options;
}

function check(holds: boolean, rule: string): void {
  if (!holds) throw new SteelyardError("ERR_INVALID_REQUEST", rule);
}
