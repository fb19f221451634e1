// How much work requests bring: random factors with mean 1, multiplied by the mean service time of the scenario.
import type { Rng } from "../../runtime/rng.js";
import { exponential, normal } from "../engine/random-stream.js";

export type ServiceLaw =
  | { readonly kind: "exponential" }
  | { readonly kind: "fixed" }
  /** @see Crovella and Bestavros on heavy tails; `cv` = standard deviation over mean */
  | { readonly kind: "lognormal"; readonly cv: number }
  /** Tail exponent > 1; the mean is 1 whatever the exponent. */
  | { readonly kind: "pareto"; readonly shape: number }
  /** A part of the requests is `ratio` times as much work as the others. */
  | { readonly kind: "bimodal"; readonly longFraction: number; readonly ratio: number };

/** Draws factors with mean 1. */
export type Sampler = () => number;

export function samplerOf(law: ServiceLaw, rng: Rng): Sampler {
  switch (law.kind) {
    case "exponential":
      return () => exponential(rng);
    case "fixed":
      return () => 1;
    case "lognormal": {
      const sigma = Math.sqrt(Math.log1p(law.cv * law.cv));
      const mu = -(sigma * sigma) / 2;
      return () => Math.exp(mu + sigma * normal(rng));
    }
    case "pareto": {
      const scale = (law.shape - 1) / law.shape;
      return () => scale * (1 - rng.next()) ** (-1 / law.shape);
    }
    case "bimodal": {
      const short = 1 / (1 - law.longFraction + law.longFraction * law.ratio);
      return () => (rng.next() < law.longFraction ? short * law.ratio : short);
    }
  }
}
