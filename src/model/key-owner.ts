// Where a service sends a key.
import type { EnvoyEnforcement } from "./enforcement.js";
import type { HealthStatus } from "./health.js";
import type { InstanceId, ServiceName } from "./ids.js";

export interface KeyOwner {
  readonly service: ServiceName;
  readonly key: string;
  /** xxHash64 of the key, 16 hexadecimal digits. */
  readonly hash: string;
  readonly instance: InstanceId;
  /** Whose instance it is: another service's where that one takes over. */
  readonly instanceService: ServiceName;
  readonly address: string;
  readonly port: number;
  /** As registered. */
  readonly priority: number;
  readonly health: HealthStatus;
  readonly table: EnvoyEnforcement["policy"];
  /** Of the key in the table of its priority, 0..slots-1. */
  readonly slot: number;
  readonly slots: number;
  /** Instances in that table. */
  readonly hosts: number;
  /** Of the plan that the table is made of. */
  readonly revision: number;
}
