// Discovery messages between protobuf and their JSON form, by descriptors at run time: only clients that poll over REST
// want JSON. A resource whose type the descriptors do not know cannot be written in it.
import { inflateRawSync } from "node:zlib";
import {
  create,
  createFileRegistry,
  type DescMessage,
  type FileRegistry,
  fromBinary,
  fromJsonString,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { DESCRIPTOR_SET } from "../gen/descriptor-set.js";

/** Descriptors of all messages and services that this package was generated from: a google.protobuf.FileDescriptorSet. */
export function descriptorSet(): Uint8Array {
  return inflateRawSync(Buffer.from(DESCRIPTOR_SET, "base64"));
}

let known: FileRegistry | undefined;

function registry(): FileRegistry {
  known ??= createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptorSet()));
  return known;
}

function messageType(name: string): DescMessage {
  const type = registry().getMessage(name);
  if (!type) throw new TypeError(`no descriptor of ${name}`);
  return type;
}

/** @throws Error when `json` is not a message of the type */
export function fromJson(type: string, json: string): Uint8Array {
  const schema = messageType(type);
  return toBinary(schema, json === "" ? create(schema) : fromJsonString(schema, json, { registry: registry() }));
}

/** @throws Error when an embedded message is of a type without descriptor */
export function toJson(type: string, bytes: Uint8Array): string {
  const schema = messageType(type);
  return toJsonString(schema, fromBinary(schema, bytes), { registry: registry() });
}
