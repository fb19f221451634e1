// `npm run check`: everything that is fast. Static checks, then unit, property and golden tests.
import { ensureReady } from "./ensure-ready.mjs";
import { runJest } from "./jest.mjs";
import { runStaticChecks } from "./static-checks.mjs";

ensureReady(["build"]);
const { failed } = runStaticChecks();
const status = await runJest(["unit", "property", "golden"]);
process.exit(failed > 0 || status !== 0 ? 1 : 0);
