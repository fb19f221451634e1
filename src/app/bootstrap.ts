// The Envoy bootstrap, for the CLI: it must not know translation.
export { type BootstrapOptions, bootstrapYaml } from "../translate/bootstrap.js";
