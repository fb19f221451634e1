// Mutated requests against everything that reads bytes of a client: the scanner and the full decoder agree, nothing but a
// status comes out of any of them. `npm run fuzz:xds` runs a million.
import { expect, test } from "@jest/globals";
import { seededRng } from "../../../src/runtime/rng.js";
import { DEFAULT_LIMITS, StreamError } from "../../../src/xds/index.js";
import { MessageReader } from "../../../src/xds/message-reader.js";
import { nodeInfo } from "../../../src/xds/node.js";
import { type Decoded, decodeDelta, decodeSotw, sotwDecoder } from "../../../src/xds/wire-requests.js";
import { RequestFuzzer } from "./request-fuzzer.js";

const RUNS = Number(process.env["FUZZ_RUNS"] ?? 10_000);
const SEED = Number(process.env["FUZZ_SEED"] ?? 1);
const context = { onlyType: undefined, limits: DEFAULT_LIMITS, wallMs: 0 };
const TIMEOUT_MS = 30_000 + RUNS / 5;

/** The result, or the words of the refusal; anything else that is thrown fails the test. */
function outcome<T>(task: () => T): T | string {
  try {
    return task();
  } catch (thrown) {
    if (thrown instanceof StreamError) return thrown.message;
    throw thrown;
  }
}

function readNode({ node }: Decoded<unknown>): void {
  outcome(() => nodeInfo(node, DEFAULT_LIMITS));
}

test(
  `${RUNS} requests: scanner and decoder agree, and no reader throws anything but a status`,
  () => {
    const fuzzer = new RequestFuzzer(seededRng(SEED));
    let decode = sotwDecoder();
    let last = new Map<string, string>();
    const seen = { agreed: 0, remembered: 0, refused: 0 };
    for (let run = 0; run < RUNS; run++) {
      const bytes = fuzzer.next();
      const full = outcome(() => decodeSotw(bytes, context));
      const quick = outcome(() => decode(bytes, context));
      const delta = outcome(() => decodeDelta(bytes, context));
      if (typeof delta !== "string") readNode(delta);
      if (typeof full === "string" || typeof quick === "string") {
        if (full !== quick) throw new Error(`${bytes.toString("hex")}: ${JSON.stringify([full, quick])}`);
        seen.refused++;
        decode = sotwDecoder(); // the stream has ended
        last = new Map();
        continue;
      }
      readNode(full);
      const { typeUrl, nonce, error, names } = full.request;
      // Names that are the same as in the type's last request may be left out.
      const listed = JSON.stringify(names);
      if (quick.request.names === undefined) seen.remembered++;
      const same =
        quick.request.typeUrl === typeUrl &&
        quick.request.nonce === nonce &&
        JSON.stringify(quick.request.error) === JSON.stringify(error) &&
        (quick.request.names === undefined ? last.get(typeUrl) : JSON.stringify(quick.request.names)) === listed &&
        (quick.node === undefined) === (full.node === undefined);
      if (!same) throw new Error(`${bytes.toString("hex")}: ${JSON.stringify([full.request, quick.request])}`);
      last.set(typeUrl, listed);
      seen.agreed++;
    }
    // All three happen often, or this test would say little.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(RUNS / 20);
  },
  TIMEOUT_MS,
);

test("messages cut from pieces of any size are those that were sent", () => {
  const rng = seededRng(SEED);
  const fuzzer = new RequestFuzzer(rng);
  for (let round = 0; round < 300; round++) {
    const sent = Array.from({ length: 10 }, () => fuzzer.next());
    const wire = Buffer.concat(
      sent.map((message) => {
        const header = Buffer.alloc(5);
        header.writeUInt32BE(message.length, 1);
        return Buffer.concat([header, message]);
      }),
    );
    const reader = new MessageReader(1 << 20);
    const got: string[] = [];
    for (let at = 0; at < wire.length; ) {
      const end = at + 1 + Math.floor(rng.next() * 90);
      reader.read(wire.subarray(at, end), (message) => got.push(message.toString("hex")));
      at = end;
    }
    expect(got).toEqual(sent.map((message) => message.toString("hex")));
    expect(reader.truncated).toBe(false);
  }
});
