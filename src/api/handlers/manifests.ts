// Declaring services and routes together.
import type { ApplyAnswer } from "../answers.js";
import type { ApiDependencies } from "../ports.js";
import { presentChange } from "../present.js";
import type { Handlers } from "../routes.js";

export function manifestHandlers({ manifests }: Pick<ApiDependencies, "manifests">): Pick<Handlers, "apply"> {
  return {
    async apply({ body, query: { dryRun } }) {
      const changes = await manifests.apply(body, { dryRun });
      return { status: 200, body: { dryRun, changes: changes.map(presentChange) } satisfies ApplyAnswer };
    },
  };
}
