// Which client may say that it is which node. A node id decides whose load reports count as whose, and later whose
// configuration is whose: without this, every client of the trust domain could speak for every other.
import { X509Certificate } from "node:crypto";
import type { Logger } from "../../runtime/logger.js";
import type { MetricSink } from "../../runtime/metrics.js";
import { spiffeIdOf } from "./spiffe-id.js";
import type { NodeRule } from "./xds-tls-schema.js";

interface NodeAccessOptions {
  readonly rules: readonly NodeRule[];
  readonly metrics: MetricSink;
  readonly logger: Logger;
}

export class NodeAccess {
  readonly #rules: readonly { readonly principal: RegExp; readonly nodeId: RegExp }[];
  readonly #metrics: MetricSink;
  readonly #logger: Logger;

  constructor({ rules, metrics, logger }: NodeAccessOptions) {
    this.#rules = rules.map(({ principal, nodeId }) => ({
      principal: pattern(principal, "[^/]*"),
      nodeId: pattern(nodeId, ".*"),
    }));
    this.#metrics = metrics;
    this.#logger = logger;
  }

  /**
   * Why not; undefined: it may. What is refused is counted.
   * @param certificate of the client, DER; undefined when it has shown none
   */
  refusal(service: "xds" | "lrs" | "als", nodeId: string, certificate: Uint8Array | undefined): string | undefined {
    const principal = certificate && spiffeIdOf(new X509Certificate(certificate))?.uri;
    const allowed = principal === undefined ? [] : this.#rules.filter((rule) => rule.principal.test(principal));
    if (allowed.some((rule) => rule.nodeId.test(nodeId))) return undefined;
    const reason = allowed.length > 0 ? "node_id" : "principal";
    this.#metrics.count("steelyard_xds_nodes_refused_total", { service, reason });
    this.#logger.warn({ service, principal, node: nodeId.slice(0, 256), reason }, "client refused");
    return reason === "node_id" ? "not a node id of this client" : "no rule for this client's identity";
  }
}

function pattern(text: string, anything: string): RegExp {
  const literal = text.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${literal.join(anything)}$`);
}
