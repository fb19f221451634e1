// The bootstraps of data planes, for the CLI: it must not know translation.
export { type BootstrapOptions, bootstrapYaml } from "../translate/bootstrap.js";
export { type BootstrapTls, sdsFiles } from "../translate/bootstrap-tls.js";
export { grpcBootstrapJson } from "../translate/grpc/bootstrap.js";
