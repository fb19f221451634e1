// `GET /v1/watch`: the present state, then each change. A client that resumes gets the whole state as well, because the
// maps deliver their content first; what was deleted while it was away is not in it, so it is told to start over.
import type { Response } from "express";
import { SteelyardError } from "../../model/errors.js";
import type { ServiceName } from "../../model/ids.js";
import type { Changes, WatchableMap } from "../../runtime/watchable-map.js";
import { EventStream } from "../event-stream.js";
import type { ApiDependencies } from "../ports.js";
import { presentInstances, presentWeights } from "../present.js";
import type { Handlers } from "../routes.js";

type EventName = "weights" | "instances";

function frame(event: EventName | "resync", revision: number, data: object): string {
  return `event: ${event}\nid: ${revision}\ndata: ${JSON.stringify(data)}\n\n`;
}

export interface WatchHandlers extends Pick<Handlers, "watch"> {
  /** Ends every open stream. */
  readonly closeStreams: () => void;
}

export function watchHandlers(deps: ApiDependencies): WatchHandlers {
  const { registry, control, clock, limits, metrics } = deps;
  const streams = new Set<EventStream>();
  const frameOfSnapshot = frameWriter("instances", registry.revision.bind(registry), presentInstances);
  const frameOfPlan = frameWriter("weights", registry.revision.bind(registry), presentWeights);

  const open = (
    response: Response,
    only: ServiceName | undefined,
    events: readonly string[],
    resumes: boolean,
  ): void => {
    const onStall = (): void => metrics.count("steelyard_api_watch_dropped_total", { reason: "slow" });
    const stream = new EventStream({ response, clock, stallMs: limits.watchStallMs, onStall });
    if (resumes) stream.send("resync", frame("resync", registry.revision(), {}));
    const follow = <V extends object>(
      name: EventName,
      map: WatchableMap<ServiceName, V>,
      frameOf: (service: ServiceName, value: V | undefined) => string,
    ): (() => void) => {
      if (!events.includes(name)) return () => undefined;
      return map.subscribe((changes: Changes<ServiceName, V>) => {
        for (const [service, value] of changes) {
          if (only === undefined || service === only) stream.send(`${name}/${service}`, frameOf(service, value));
        }
      });
    };
    const unfollow = [
      follow("instances", registry.services, frameOfSnapshot),
      follow("weights", control.plans, frameOfPlan),
    ];
    streams.add(stream);
    metrics.gauge("steelyard_api_watchers", streams.size);
    response.on("close", () => {
      for (const cancel of unfollow) cancel();
      streams.delete(stream);
      metrics.gauge("steelyard_api_watchers", streams.size);
    });
  };

  return {
    watch({ query, lastEventId }) {
      if (streams.size >= limits.watchers) {
        throw new SteelyardError("ERR_RATE_LIMITED", `${limits.watchers} event streams are open already`);
      }
      const events = (query.events ?? "weights,instances").split(",");
      return {
        stream: (_request, response) =>
          open(response, query.service, events, query.from !== undefined || lastEventId !== ""),
      };
    },

    closeStreams() {
      for (const stream of streams) {
        metrics.count("steelyard_api_watch_dropped_total", { reason: "stopping" });
        stream.end();
      }
    },
  };
}

/** Published values are immutable, so each is encoded once for all streams. */
function frameWriter<V extends object>(
  name: EventName,
  revision: () => number,
  present: (value: V) => object,
): (service: ServiceName, value: V | undefined) => string {
  const written = new WeakMap<V, string>();
  const write = (data: object): string => frame(name, revision(), data);
  return (service, value) => {
    if (!value) return write({ service, deleted: true });
    const known = written.get(value);
    if (known !== undefined) return known;
    const encoded = write(present(value));
    written.set(value, encoded);
    return encoded;
  };
}
