// The proxies, and how far each type of resource is with them.
import { SteelyardError } from "../../model/errors.js";
import type { ApiDependencies } from "../ports.js";
import type { Handlers } from "../routes.js";

export function nodeHandlers({ nodes }: ApiDependencies): Pick<Handlers, "listNodes" | "getNode"> {
  return {
    listNodes() {
      return { status: 200, body: { nodes: nodes() } };
    },

    getNode({ params: { node } }) {
      const found = nodes().find(({ id }) => id === node);
      if (!found)
        throw new SteelyardError(
          "ERR_UNKNOWN_NODE",
          `no node ${JSON.stringify(node.slice(0, 128))} has an open stream`,
        );
      return { status: 200, body: found };
    },
  };
}
