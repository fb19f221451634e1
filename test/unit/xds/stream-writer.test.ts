import { describe, expect, test } from "@jest/globals";
import type { Draft } from "../../../src/xds/draft.js";
import { StreamWriter } from "../../../src/xds/stream-writer.js";

const draft = (nonce: string, bytes: number): Draft => ({
  typeUrl: "t",
  label: "other",
  nonce,
  versionInfo: "",
  resources: 1,
  removed: 0,
  framed: Buffer.alloc(bytes),
  message: Buffer.alloc(0),
  dependents: [],
});

/** Writes what it finds in a list of sizes; the sizes are the nonces. */
class ListWriter extends StreamWriter {
  readonly awaited: (() => void)[] = [];
  readonly writtenNonces: string[] = [];
  readonly #sizes: number[];
  readonly #confirmAtOnce: boolean;

  constructor(sizes: number[], batchBytes: number, confirmAtOnce: boolean) {
    super(batchBytes);
    this.#sizes = sizes;
    this.#confirmAtOnce = confirmAtOnce;
  }

  pump(): void {
    this.writeOut();
  }

  close(): void {
    this.closeWriter();
  }

  protected override next(): Draft | undefined {
    const size = this.#sizes.shift();
    return size === undefined ? undefined : draft(String(size), size);
  }

  protected override write({ nonce }: Draft): void {
    this.writtenNonces.push(nonce);
    if (this.#confirmAtOnce) this.written();
    else this.awaited.push(() => this.written());
  }
}

function rig(sizes: number[], batchBytes: number, confirmAtOnce = false) {
  const writer = new ListWriter(sizes, batchBytes, confirmAtOnce);
  const { writtenNonces: written, awaited: confirmations } = writer;
  return { writer, written, confirm: () => confirmations.splice(0).forEach((done) => done()), confirmations };
}

describe("StreamWriter", () => {
  test("37: pulls no more than a batch before the transport has confirmed it", () => {
    const { writer, written, confirm } = rig([60, 61, 62, 63, 64], 100);
    writer.pump();
    writer.pump();
    expect(written).toEqual(["60", "61"]);
    confirm();
    expect(written).toEqual(["60", "61", "62", "63"]);
    confirm();
    confirm();
    expect(written).toEqual(["60", "61", "62", "63", "64"]);
    expect(writer.unconfirmed).toBe(0);
  });

  test("one confirmation of two is not enough", () => {
    const { writer, written, confirmations } = rig([60, 61, 62], 100);
    writer.pump();
    confirmations.shift()?.();
    expect(written).toHaveLength(2);
    confirmations.shift()?.();
    expect(written).toHaveLength(3);
  });

  test("a response larger than the batch goes alone", () => {
    const { writer, written } = rig([1_000, 1_001], 100);
    writer.pump();
    expect(written).toEqual(["1000"]);
  });

  test("a transport that confirms at once is not recursed into", () => {
    const sizes = Array.from({ length: 50_000 }, (_, index) => index + 1);
    const { writer, written } = rig(sizes, 1, true);
    writer.pump();
    expect(written).toHaveLength(50_000);
  });

  test("nothing is pulled after close, whatever is confirmed", () => {
    const { writer, written, confirm } = rig([60, 61], 10);
    writer.pump();
    writer.close();
    confirm();
    writer.pump();
    expect(written).toEqual(["60"]);
  });
});
