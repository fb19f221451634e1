// Settings of `adaptive`. Every default says where it comes from; all were measured on real Envoy 1.40.
import { z } from "zod";

export const adaptiveConfigSchema = z.strictObject({
  tauMs: z
    .number()
    .min(1_000)
    .max(60_000)
    .default(5_000)
    .describe(
      "Memory of the latency average, milliseconds. With 1 s of dead time the loop is well damped for gain <= 1 / (2 (tau + dead time)).",
    ),
  gainPerS: z
    .number()
    .min(0.01)
    .max(0.5)
    .default(0.12)
    .describe(
      "How much of the log latency error is corrected per second, at most. Lowered by itself to half of the gain at which the loop would oscillate at 90 % utilisation, given the interval of the reports, the latency and the requests in flight per Envoy worker: about 0.17 with one busy proxy and reports every second, 0.04 with a hundred idle ones.",
    ),
  gainMargin: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.5)
    .describe(
      "Part of the gain that would oscillate which is used at most; 0.5 is a gain margin of 6 dB, the usual one.",
    ),
  floorRisePerMinute: z
    .number()
    .min(0)
    .max(1)
    .default(0.02)
    .describe(
      "How fast the least latency seen may rise, part per minute: a permanent slowdown is accepted within the hour, a busy spell is not. Only the gain depends on it.",
    ),
  startGainPerS: z
    .number()
    .min(0.01)
    .max(0.5)
    .default(0.25)
    .describe(
      "Gain at the start of learning, fading to gainPerS. 0.5 threw small hosts to a share from which they took 40 s to climb back.",
    ),
  startFadeMs: z
    .number()
    .min(1_000)
    .max(60_000)
    .default(8_000)
    .describe("Time constant of that fading, milliseconds of traffic."),
  deadZone: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.03)
    .describe("The least part of a log latency error that counts as chance."),
  maxRoundRatio: z
    .number()
    .min(1.1)
    .max(100)
    .default(3)
    .describe(
      "One round counts as at most this many times the average latency, and at least this part of it: pauses pass.",
    ),
  doubt: z
    .number()
    .min(0)
    .max(5)
    .default(1)
    .describe("So many standard errors of the average latency count as chance, and are taken off an error."),
  noiseTauMs: z
    .number()
    .min(1_000)
    .max(600_000)
    .default(30_000)
    .describe("Memory of the scatter from which that standard error is taken, milliseconds."),
  roundCorrelation: z
    .number()
    .min(1)
    .max(20)
    .default(2)
    .describe("Neighbouring rounds are alike, since queues outlast them: so many count as one in that standard error."),
  heldWorth: z
    .number()
    .min(0)
    .max(1)
    .default(0.25)
    .describe("An error that stays on one side becomes certain: what part of that time counts as further evidence."),
  leakPerS: z
    .number()
    .min(0)
    .max(0.1)
    .default(0.005)
    .describe("Part of the trim forgotten per second, so that an error of the past does not last for ever."),
  maxTrim: z
    .number()
    .min(1.1)
    .max(64)
    .default(8)
    .describe("The trim moves a share at most by this factor, up or down."),
  maxTrimWithUtilization: z
    .number()
    .min(1.1)
    .max(64)
    .default(1.65)
    .describe(
      "The same where instances report utilisation: capacity is then known, and a wrong latency can do little.",
    ),
  minUtilization: z
    .number()
    .min(0.001)
    .max(0.5)
    .default(0.05)
    .describe("Below this utilisation, throughput over utilisation is noise and teaches no capacity."),
  capacityTauMs: z
    .number()
    .min(1_000)
    .max(600_000)
    .default(10_000)
    .describe("Memory of the capacity (throughput over utilisation) where it is reported, milliseconds."),
  maxStep: z
    .number()
    .min(0.1)
    .max(5)
    .default(1)
    .describe("Bound of the log latency error used in one step: a wild measurement moves little."),
  minSamples: z
    .number()
    .min(1)
    .max(1_000)
    .default(5)
    .describe("Fewer effective latency samples than this teach nothing."),
  halfConfidenceSamples: z
    .number()
    .min(1)
    .max(1_000)
    .default(20)
    .describe("Number of effective samples n0 in the confidence n / (n + n0) that scales each step."),
  overloadDeviations: z
    .number()
    .min(1)
    .max(100)
    .default(5)
    .describe(
      "An instance that is sent more than it completes by so many standard deviations gets at most what it completes.",
    ),
  overloadTauMs: z
    .number()
    .min(500)
    .max(60_000)
    .default(3_000)
    .describe("Memory of what was sent and completed, milliseconds."),
  flipThreshold: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.1)
    .describe(
      "A log latency error has a side (too fast, too slow) beyond this; going from one to the other is a flip.",
    ),
  flipsToLower: z
    .number()
    .min(1)
    .max(20)
    .default(1.5)
    .describe("So many flips within the memory below halve an instance's gain: its error swings."),
  flipMemoryMs: z
    .number()
    .min(1_000)
    .max(600_000)
    .default(60_000)
    .describe("Memory of flips, milliseconds: longer than the slowest swing, that of a loop with 6 s of delay (48 s)."),
  heldToRaiseMs: z
    .number()
    .min(1_000)
    .max(600_000)
    .default(30_000)
    .describe(
      "An error on one side for so long doubles a lowered gain again, milliseconds; small errors count a quarter.",
    ),
  minGainFactor: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.125)
    .describe("The gain is never lowered to less than this part."),
});

export type AdaptiveConfig = z.output<typeof adaptiveConfigSchema>;
