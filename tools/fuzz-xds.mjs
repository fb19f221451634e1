// `npm run fuzz:xds`: a million mutated requests against all that reads bytes of xDS clients. `-- RUNS SEED` for others.
import { runJest } from "./jest.mjs";

const [runs = "1000000", seed = "1"] = process.argv.slice(2);
process.env.FUZZ_RUNS = runs;
process.env.FUZZ_SEED = seed;
process.exit(await runJest(["property"], ["test/property/xds/fuzz.test.ts"]));
