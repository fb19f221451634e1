// One question, one answer, no stream: the `Fetch*` methods of the discovery services, for clients that poll. Stateless:
// the answer is the whole subscribed content of the type, and the version says whether it is the one the client has.
import { type handleUnaryCall, status } from "@grpc/grpc-js";
import { DiscoveryRequest, DiscoveryResponse } from "../gen/envoy/service/discovery/v3/discovery.js";
import type { Engine } from "./engine.js";
import { globOf, membersOf } from "./glob.js";
import { nodeInfo } from "./node.js";
import { certificateOf } from "./peer-certificate.js";
import { StreamError } from "./stream-error.js";
import { SotwSubscription } from "./subscription.js";
import { ruleOf } from "./type-rules.js";
import { TypeSnapshot } from "./type-snapshot.js";
import { decodeSotw } from "./wire-requests.js";

export interface FetchAnswer {
  /** An encoded DiscoveryResponse. */
  readonly message: Uint8Array;
  /** The client's `version_info` is the version of this answer. */
  readonly unchanged: boolean;
}

interface Asked {
  /** Encoded DiscoveryRequest. */
  readonly bytes: Uint8Array;
  readonly onlyType: string;
  /** e.g. `cds-rest`. */
  readonly transport: string;
  readonly peer: string;
  readonly certificate: Uint8Array | undefined;
}

/** @throws StreamError as a stream would end, and whatever status the callbacks refuse with */
export function answerFetch(engine: Engine, asked: Asked): FetchAnswer {
  const { bytes, onlyType, transport, peer } = asked;
  const { cache, limits, clock, callbacks, metrics } = engine;
  const { request, node: wireNode } = decodeSotw(bytes, { onlyType, limits, wallMs: clock.wallMs() });
  const node = nodeInfo(wireNode, limits);
  const { typeUrl } = request;
  const rule = ruleOf(typeUrl);
  callbacks.onFetch?.({ transport, peer, node }, { typeUrl });
  metrics.count("steelyard_xds_requests_total", { type: rule.label, kind: "none" });
  const audience = engine.audienceOf(node, asked);
  const subscription = new SotwSubscription(rule);
  subscription.update(request.names, true);
  const { versionInfo, resources } = subscription.all
    ? cache.snapshot(audience, typeUrl)
    : namedSnapshot(engine, audience, typeUrl, subscription.names);
  const message = DiscoveryResponse.encode(
    DiscoveryResponse.create({
      versionInfo,
      typeUrl,
      resources: resources.map(({ bytes: value }) => ({ typeUrl, value: Buffer.from(value) })),
    }),
  ).finish();
  metrics.count("steelyard_xds_responses_total", { type: rule.label });
  metrics.count("steelyard_xds_response_bytes_total", { type: rule.label }, message.length);
  return { message, unchanged: DiscoveryRequest.decode(bytes).versionInfo === versionInfo };
}

/** The gRPC form. A client that is up to date is answered all the same: the method has no word for it. */
export function unaryFetch(engine: Engine, transport: string, onlyType: string): handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => {
    try {
      const { request: bytes } = call;
      const peer = call.getPeer();
      const { message } = answerFetch(engine, { bytes, onlyType, transport, peer, certificate: certificateOf(call) });
      callback(null, Buffer.from(message));
    } catch (thrown) {
      if (!(thrown instanceof StreamError)) engine.logger.error({ err: thrown }, "xds fetch failed");
      const { code, message: details } =
        thrown instanceof StreamError ? thrown : { code: status.INTERNAL, message: "internal error" };
      engine.metrics.count("steelyard_xds_stream_errors_total", { status: status[code] });
      callback({ code, details });
    }
  };
}

function namedSnapshot({ cache }: Engine, audience: string, typeUrl: string, asked: ReadonlySet<string>): TypeSnapshot {
  const names = new Set<string>();
  for (const name of asked) {
    const glob = globOf(name);
    if (!glob) names.add(name);
    else for (const member of membersOf(glob, cache.names(audience, typeUrl))) names.add(member);
  }
  const resources = [...names].flatMap((name) => cache.get(audience, typeUrl, name) ?? []);
  return new TypeSnapshot(resources, cache.typeVersion(audience, typeUrl).pinned);
}
