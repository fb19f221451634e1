// gRPC server reflection (v1 and v1alpha) of the data plane port, so that grpcurl and its like can list the services and
// read their messages, those packed in an Any too. Loading it takes longer than opening the port, so it comes after.
import type { Server } from "@grpc/grpc-js";
import { service as health } from "grpc-health-check";
import { descriptorFiles } from "../xds/descriptors.js";

/** @param services full names of what the server serves; others that the descriptors hold are not listed */
export async function addReflection(server: Server, services: readonly string[]): Promise<void> {
  const { ReflectionService } = await import("@grpc/reflection");
  const fileDescriptorProtos = descriptorFiles().map((file) => Buffer.from(file));
  // The package reads the descriptors of a definition and nothing else.
  const everything = { format: "Protocol Buffer 3 DescriptorProto" as const, type: {}, fileDescriptorProtos };
  const { requestType } = health["Check"] ?? { requestType: everything };
  new ReflectionService({ everything, requestType }, { services: [...services] }).addToServer(server);
}
