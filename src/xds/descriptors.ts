// Descriptors of all messages and services that this package was generated from, for what must know them at run time:
// JSON and reflection. Unpacked when first asked for.
import { inflateRawSync } from "node:zlib";
import { createFileRegistry, type FileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, type FileDescriptorSet, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { DESCRIPTOR_SET } from "../gen/descriptor-set.js";

let registry: FileRegistry | undefined;

export function descriptorRegistry(): FileRegistry {
  registry ??= createFileRegistry(descriptorSet());
  return registry;
}

/** Encoded google.protobuf.FileDescriptorProto of each file, those that others import first. */
export function descriptorFiles(): readonly Uint8Array[] {
  return descriptorSet().file.map((file) => toBinary(FileDescriptorProtoSchema, file));
}

function descriptorSet(): FileDescriptorSet {
  return fromBinary(FileDescriptorSetSchema, inflateRawSync(Buffer.from(DESCRIPTOR_SET, "base64")));
}
