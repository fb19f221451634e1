import { MemoryStore } from "../../../src/store/memory/memory-store.js";
import { stateStoreConformance } from "./state-store.suite.js";

stateStoreConformance({
  name: "memory",
  make: async (options = {}) =>
    new MemoryStore(options.logCommits === undefined ? {} : { logRows: options.logCommits }),
});
