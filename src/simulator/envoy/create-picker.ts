// The load balancer that Envoy makes for a `load_balancing_policy`.
import type { EnvoyEnforcement } from "../../model/enforcement.js";
import type { Rng } from "../../runtime/rng.js";
import { HashedPicker } from "./hashed.js";
import { LeastRequestPicker } from "./least-request.js";
import type { Picker } from "./picker.js";
import { RandomPicker } from "./random.js";
import { RoundRobinPicker } from "./round-robin.js";

/** @param active requests in flight from this proxy, by host: Envoy counts them per process, not per worker */
export function createPicker(enforcement: EnvoyEnforcement, active: Int32Array, rng: Rng): Picker {
  switch (enforcement.policy) {
    case "least_request":
      return new LeastRequestPicker(enforcement, active, rng);
    case "round_robin":
      return new RoundRobinPicker(rng);
    case "random":
      return new RandomPicker(rng);
    case "ring_hash":
    case "maglev":
      return new HashedPicker(rng);
  }
}
