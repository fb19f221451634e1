// Every constant of the modifiers and guards: unit, range, default and the reason for it. Figures come from real
// Envoy 1.40 with load reports every second.
import { z } from "zod";

export const controlSettingsSchema = z.strictObject({
  errors: z
    .strictObject({
      probeBudget: z
        .number()
        .min(0.0001)
        .max(0.05)
        .default(0.001)
        .describe("Part of a service's requests that may fail to find out whether a failing instance has recovered."),
      minProbeRps: z
        .number()
        .min(0.01)
        .max(100)
        .default(0.3)
        .describe("Least probe rate of a failing instance, requests per second, when the budget allows less."),
      maxProbeRatio: z
        .number()
        .min(0.01)
        .max(1)
        .default(0.1)
        .describe("A failing instance gets at most this part of its usual share."),
      excessErrorRate: z
        .number()
        .min(0.01)
        .max(1)
        .default(0.2)
        .describe("The sequential test tells `median + 1 %` from `median + this`."),
      enterEvidence: z
        .number()
        .min(1)
        .max(50)
        .default(8)
        .describe("Log likelihood ratio at which an instance counts as failing; 8 = odds of 3,000 to 1."),
      leaveEvidence: z
        .number()
        .min(1)
        .max(50)
        .default(4.6)
        .describe("Log likelihood ratio at which it counts as recovered; 4.6 = odds of 100 to 1."),
      minEvents: z
        .number()
        .int()
        .min(1)
        .max(100)
        .default(3)
        .describe("Errors needed to count as failing, successes needed to count as recovered."),
      sureRate: z
        .number()
        .min(0.1)
        .max(1)
        .default(0.5)
        .describe("An error rate this much above the median in one round needs no further evidence."),
      returnPerS: z
        .number()
        .min(1.05)
        .max(10)
        .default(1.8)
        .describe("Growth of the share per second after recovery; each step is watched by the same test."),
      tauMs: z
        .number()
        .min(500)
        .max(60_000)
        .default(5_000)
        .describe("Memory of the error rate that the median is taken of, milliseconds."),
    })
    .prefault({}),
  brake: z
    .strictObject({
      hotRatio: z
        .number()
        .min(1.5)
        .max(20)
        .default(3)
        .describe("Slower than normal by this factor, relative to the median instance = hot."),
      rounds: z
        .number()
        .int()
        .min(1)
        .max(20)
        .default(3)
        .describe(
          "Rounds in a row that an instance has to be hot. Envoy's own least-request choice sheds it meanwhile; a pause of a second or two is over by then.",
        ),
      coolRatio: z
        .number()
        .min(1.1)
        .max(10)
        .default(1.5)
        .describe(
          "Below this factor the brake is released; well below what an instance that is only a few times too slow answers with when nearly idle, or it would be braked and released in turns.",
        ),
      pauseRounds: z
        .number()
        .int()
        .min(0)
        .max(60)
        .default(4)
        .describe("A brake that is let go again within so many rounds was set for a pause that had passed."),
      pauseMemoryMs: z
        .number()
        .min(1_000)
        .max(3_600_000)
        .default(60_000)
        .describe("Memory of such pauses, milliseconds; each adds a round to those that the instance has to be hot."),
      maxPatience: z.number().int().min(0).max(60).default(3).describe("So many rounds are added at most."),
      exponent: z
        .number()
        .min(0.5)
        .max(4)
        .default(1.5)
        .describe("The share of a hot instance is cut by slowness to this power."),
      floor: z
        .number()
        .min(0.001)
        .max(0.5)
        .default(0.02)
        .describe("Least factor of the brake; what remains shows when the instance is well again."),
      keptThroughput: z
        .number()
        .min(0)
        .max(1)
        .default(0.5)
        .describe(
          "The factor stays above this many times what the instance still gets done, relative to its normal part of the traffic: a full queue at full rate is no fault.",
        ),
      lostThroughput: z
        .number()
        .min(0)
        .max(1)
        .default(0.75)
        .describe("Below this part of its normal throughput a slow instance is taken to be faulty, not just busy."),
      scatterDeviations: z
        .number()
        .min(0)
        .max(10)
        .default(3)
        .describe(
          "A busy one is hot only beyond this many standard deviations of its usual scatter from round to round.",
        ),
      releasePerS: z.number().min(1.05).max(10).default(1.6).describe("Growth of the factor per second when cool."),
      maxPoolShare: z
        .number()
        .min(0)
        .max(1)
        .default(0.25)
        .describe(
          "Brakes hold back at most this part of the instances (but always may hold one of several): more at once is not a fault of instances.",
        ),
      fastTauMs: z
        .number()
        .min(500)
        .max(10_000)
        .default(1_500)
        .describe("Memory of the latency that is judged, milliseconds."),
      baselineDownTauMs: z
        .number()
        .min(1_000)
        .max(600_000)
        .default(10_000)
        .describe("Memory of the baseline when the instance gets faster, milliseconds."),
      baselineUpTauMs: z.number().min(1_000).max(3_600_000).default(60_000).describe("The same when it gets slower."),
      matureMs: z
        .number()
        .min(0)
        .max(60_000)
        .default(8_000)
        .describe("Milliseconds of traffic before a baseline is trusted."),
      minSamples: z.number().min(1).max(100).default(3).describe("Effective latency samples needed to be judged."),
      minQueue: z
        .number()
        .min(1)
        .max(1_000)
        .default(8)
        .describe("Requests in flight from which Little's law may show a stall that yields no answers to measure."),
      stallRatio: z.number().min(2).max(100).default(5).describe("Slowness by Little's law that counts as a stall."),
    })
    .prefault({}),
  ramp: z
    .strictObject({
      start: z
        .number()
        .min(0.001)
        .max(1)
        .default(0.1)
        .describe("First factor of an instance that joins a service with traffic."),
      growthPerS: z
        .number()
        .min(1.01)
        .max(10)
        .default(1.35)
        .describe("Growth of that factor per second: 0.1 reaches 1 in about 8 s."),
      establishedMs: z
        .number()
        .min(0)
        .max(600_000)
        .default(10_000)
        .describe("Milliseconds of traffic after which a service counts as established; before, everybody is new."),
    })
    .prefault({}),
  guards: z
    .strictObject({
      panicRatio: z
        .number()
        .min(0.1)
        .max(1)
        .default(0.5)
        .describe("When more than this part of the instances is held back, nobody is: the fault is not theirs."),
      minShareRatio: z.number().min(0.0001).max(1).default(0.001).describe("Least share, relative to the fair one."),
      maxShareRatio: z.number().min(1).max(1_000).default(10).describe("Largest share, relative to the fair one."),
      slewUpPerS: z
        .number()
        .min(1.05)
        .max(100)
        .default(2)
        .describe("A share grows at most by this factor per second; down is free."),
      movedPerS: z
        .number()
        .min(0.01)
        .max(1)
        .default(0.1)
        .describe(
          "At most this part of all traffic changes place per second while no modifier acts: what a wrong signal can do between two reports is bounded.",
        ),
      collapseEnter: z
        .number()
        .min(1)
        .max(4)
        .default(1.5)
        .describe(
          "Shares whose largest is under this many times the smallest are made equal, so that Envoy uses true power of two choices.",
        ),
      collapseLeave: z
        .number()
        .min(1)
        .max(8)
        .default(2)
        .describe(
          "Equal shares are given up beyond this ratio. With unequal weights Envoy avoids a stalled instance less well than with power of two choices (p99 four times as high when every instance pauses now and then), so differences have to be worth it.",
        ),
      quantum: z
        .number()
        .min(0)
        .max(0.5)
        .default(0.03)
        .describe("Shares are rounded to powers of 1 + this, so that noise rewrites few weights."),
      deadBandLog: z
        .number()
        .min(0)
        .max(1)
        .default(0.1)
        .describe("A push needs a share to change by this much (natural log) ..."),
      deadBandMoved: z.number().min(0).max(1).default(0.02).describe("... or this part of all traffic to move."),
      lawDriftLog: z
        .number()
        .min(0.01)
        .max(2)
        .default(0.25)
        .describe("A push also follows when the same shares need weights that differ by this much (natural log)."),
      minPushIntervalMs: z
        .number()
        .min(50)
        .max(60_000)
        .default(950)
        .describe(
          "Least time between two weight pushes of a service, milliseconds. Envoy restarts its EDF schedule at each.",
        ),
      maxPushIntervalMs: z
        .number()
        .min(100)
        .max(600_000)
        .default(10_000)
        .describe("Largest stretch of that interval when traffic is thin, milliseconds."),
      picksPerEndpoint: z
        .number()
        .min(0)
        .max(100)
        .default(4)
        .describe(
          "Between two pushes without urgency each Envoy worker should have picked this many times per instance.",
        ),
      membershipIntervalMs: z
        .number()
        .min(0)
        .max(60_000)
        .default(100)
        .describe("Least time between two pushes that change members or health, milliseconds."),
      staleIntervals: z
        .number()
        .min(1)
        .max(100)
        .default(3)
        .describe("Without reports for this many report intervals the weights are frozen."),
      restartHoldRounds: z
        .number()
        .int()
        .min(0)
        .max(60)
        .default(2)
        .describe("Rounds after a restart in which the restored weights stay as they are."),
    })
    .prefault({}),
});

export type ControlSettings = z.output<typeof controlSettingsSchema>;
export const DEFAULT_CONTROL_SETTINGS: ControlSettings = controlSettingsSchema.parse({});
