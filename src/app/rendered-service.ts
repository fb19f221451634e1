// One service as it was last translated, by variant: data planes that get the same share one copy of it.
import { isHashing } from "../model/enforcement.js";
import type { WeightPlan } from "../model/plan.js";
import type { ServiceSnapshot } from "../model/service.js";
import { AssignmentEncoder } from "../translate/assignment-encoder.js";
import { type DataPlane } from "../translate/data-plane.js";
import type { PlannedService } from "../translate/planned-service.js";
import type { Resource } from "../translate/resource.js";
import { type ServiceInput, serviceResources, variantOf } from "../translate/service-resources.js";

export class RenderedService implements PlannedService {
  /** By variant, and there by name. */
  readonly #encoders = new Map<string, Map<string, AssignmentEncoder>>();
  /** By variant; a stale one is kept for when the next cannot be made. */
  readonly #renderings = new Map<string, { readonly resources: readonly Resource[]; fresh: boolean }>();
  #snapshot: ServiceSnapshot;
  #plan: WeightPlan;

  constructor(snapshot: ServiceSnapshot, plan: WeightPlan) {
    this.#snapshot = snapshot;
    this.#plan = plan;
  }

  get snapshot(): ServiceSnapshot {
    return this.#snapshot;
  }

  get plan(): WeightPlan {
    return this.#plan;
  }

  get hashed(): boolean {
    return isHashing(this.#plan.enforcement);
  }

  update(snapshot: ServiceSnapshot, plan: WeightPlan): void {
    this.#snapshot = snapshot;
    this.#plan = plan;
    this.outdate();
  }

  /** Something else that is in the resources has changed. */
  outdate(): void {
    for (const rendering of this.#renderings.values()) rendering.fresh = false;
  }

  /** Forgets what only other data planes than these got. */
  retain(planes: readonly DataPlane[]): void {
    const variants = new Set(planes.map((plane) => variantOf(plane, this.#snapshot.policy)));
    for (const byVariant of [this.#encoders, this.#renderings]) {
      for (const variant of byVariant.keys()) if (!variants.has(variant)) byVariant.delete(variant);
    }
  }

  /**
   * What data planes of this kind get. When it cannot be made, what they had: `onFailure` hears why.
   */
  resourcesFor(
    plane: DataPlane,
    related: ServiceInput["related"],
    onFailure: (thrown: unknown) => void,
  ): readonly Resource[] {
    const { snapshot, plan } = this;
    const variant = variantOf(plane, snapshot.policy);
    const held = this.#renderings.get(variant);
    if (held?.fresh) return held.resources;
    try {
      const encoderOf = (name: string) => this.#encoder(variant, name);
      const resources = serviceResources({ snapshot, plan, encoderOf, related }, plane);
      this.#renderings.set(variant, { resources, fresh: true });
      return resources;
    } catch (thrown) {
      onFailure(thrown);
      return held?.resources ?? [];
    }
  }

  #encoder(variant: string, name: string): AssignmentEncoder {
    let byName = this.#encoders.get(variant);
    if (!byName) this.#encoders.set(variant, (byName = new Map()));
    let encoder = byName.get(name);
    if (!encoder) byName.set(name, (encoder = new AssignmentEncoder(name)));
    return encoder;
  }
}
