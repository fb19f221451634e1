// The import table of docs/architecture.md as rules: what each folder of src/ may import, nothing else.
const allowed = {
  model: [],
  stats: [],
  runtime: [],
  balancers: ["model", "stats", "runtime"],
  store: ["model", "runtime"],
  registry: ["model", "runtime", "store"],
  probes: ["model", "runtime", "store"],
  signals: ["model", "stats", "runtime", "gen"],
  control: ["model", "stats", "runtime", "registry", "signals", "balancers"],
  simulator: ["model", "stats", "runtime", "balancers", "signals", "control"],
  translate: ["model", "gen"],
  xds: ["runtime", "gen"],
  api: ["model", "runtime", "registry", "control", "signals", "xds", "gen"],
  telemetry: ["model", "runtime"],
  cli: ["model", "api", "app", "simulator"],
  gen: [],
};

const layerRules = Object.entries(allowed).map(([folder, targets]) => ({
  name: `${folder}-imports`,
  comment: `src/${folder} may import ${targets.length > 0 ? targets.join(", ") : "nothing of src"}`,
  severity: "error",
  from: { path: `^src/${folder}/` },
  to: { path: "^src/", pathNot: [folder, ...targets].map((name) => `^src/${name}/`) },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    { name: "no-circular", comment: "one direction only", severity: "error", from: {}, to: { circular: true } },
    {
      name: "cli-takes-api-types-only",
      comment: "the CLI is a client of the API: it may know the shape of its answers, not its code",
      severity: "error",
      from: { path: "^src/cli/" },
      to: { path: "^src/api/", pathNot: "^src/api/answers[.]ts$" },
    },
    { name: "src-never-imports-tests", severity: "error", from: { path: "^(src|envoy)/" }, to: { path: "^(test|bench)/" } },
    { name: "no-dev-dependency-at-run-time", severity: "error", from: { path: "^src/" }, to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"] } },
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|src/gen/.*/.*)" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"], extensions: [".ts", ".js"] },
    reporterOptions: { text: { highlightFocused: true } },
  },
};
