// One project per test layer. Run through tools/jest.mjs, which sets the flags that ESM needs.
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

const layer = (name, timeoutMs) => ({
  displayName: name,
  rootDir: root,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  testEnvironment: "node",
  testEnvironmentOptions: { globalsCleanup: "off" },
  extensionsToTreatAsEsm: [".ts"],
  // The package by its own name is its source: examples import it as their reader will.
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1", "^steelyard/xds$": "<rootDir>/src/xds/index.ts" },
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "es6" }, sourceMaps: "inline" },
    ],
  },
  globals: { TEST_TIMEOUT_MS: timeoutMs },
  setupFilesAfterEnv: ["<rootDir>/tools/jest-timeout.mjs"],
});

export default {
  rootDir: root,
  projects: [
    layer("unit", 5_000),
    layer("property", 30_000),
    layer("golden", 10_000),
    layer("conformance", 20_000),
    layer("integration", 30_000),
    layer("e2e", 120_000),
  ],
};
