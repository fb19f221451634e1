// What control decided, and why.
import { z } from "zod";
import { DEFAULT_ALGORITHM } from "../../model/service.js";
import type { ApiDependencies } from "../ports.js";
import { presentExplanation, presentUnplanned, presentWeights } from "../present.js";
import type { Handlers } from "../routes.js";
import { instanceOf, serviceOf, unknownInstance } from "./lookup.js";

export function weightHandlers({
  registry,
  control,
  owners,
  algorithms,
}: ApiDependencies): Pick<Handlers, "getWeights" | "getOwner" | "getExplanation" | "listAlgorithms"> {
  const list = algorithms.map(({ name, summary, configSchema }) => ({
    name,
    summary,
    settings: z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" }),
  }));
  return {
    getWeights({ params: { service } }) {
      const snapshot = serviceOf(registry, service);
      const plan = control.plans.get(service);
      return { status: 200, body: plan ? presentWeights(plan) : presentUnplanned(snapshot) };
    },

    getOwner({ params: { service }, query: { key } }) {
      serviceOf(registry, service);
      return { status: 200, body: owners.ownerOf(service, key) };
    },

    getExplanation({ params: { service, id } }) {
      const instance = instanceOf(registry, service, id);
      const explanation = control.explain(instance.service, instance.id) ?? unknownInstance(service, id);
      return { status: 200, body: presentExplanation(explanation) };
    },

    listAlgorithms() {
      return { status: 200, body: { default: DEFAULT_ALGORITHM, algorithms: list } };
    },
  };
}
