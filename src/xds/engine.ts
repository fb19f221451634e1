// What all streams of a server share.
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { MetricSink } from "../runtime/metrics.js";
import type { Peer, XdsCallbacks } from "./callbacks.js";
import type { Pumped } from "./fan-out.js";
import type { FirstAnswers } from "./first-answers.js";
import type { IdleAudiences } from "./idle-audiences.js";
import type { XdsLimits } from "./limits.js";
import type { NodeInfo } from "./node.js";
import type { ResourceCache } from "./resource-cache.js";
import type { StreamMeter } from "./stream-meter.js";
import type { StreamUpkeep } from "./stream-upkeep.js";
import type { SubscriptionIndex } from "./subscription-index.js";

export interface Engine {
  readonly cache: ResourceCache;
  readonly index: SubscriptionIndex<Pumped>;
  readonly audiences: IdleAudiences;
  readonly audienceOf: (node: NodeInfo, peer: Peer) => string;
  readonly callbacks: XdsCallbacks;
  readonly limits: XdsLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: MetricSink;
  readonly meter: StreamMeter;
  readonly firstAnswers: FirstAnswers;
  readonly upkeep: StreamUpkeep;
}
