// Library entry point `steelyard`: the whole server, to be embedded in another process.
export { type Config, configSchema } from "./app/config-schema.js";
export { type ServerOptions, SteelyardServer } from "./app/server.js";
export { MemoryStore } from "./store/memory/memory-store.js";
export { SqliteStore } from "./store/sqlite/sqlite-store.js";
export type { StateStore } from "./store/state-store.js";
