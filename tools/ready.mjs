// The first thing that runs after a clone: installs, generates, builds and fetches what is missing.
// `node tools/ready.mjs [--quiet] step...`, steps: deps, gen, build, envoy. Says nothing when all is up to date.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node 20.19 or later is needed; this is Node ${process.versions.node} (${process.execPath}).`);
  process.exit(1);
}

// Imported after the check, so that an old Node meets a sentence and not a syntax error.
const { main } = await import("./ready/main.mjs");
process.exitCode = await main(process.argv.slice(2));
