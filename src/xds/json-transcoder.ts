// Discovery messages between protobuf and their JSON form, by descriptors at run time: only clients that poll over REST
// want JSON. A resource whose type the descriptors do not know cannot be written in it.
import { create, type DescMessage, fromBinary, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import { descriptorRegistry } from "./descriptors.js";

function messageType(name: string): DescMessage {
  const type = descriptorRegistry().getMessage(name);
  if (!type) throw new TypeError(`no descriptor of ${name}`);
  return type;
}

/** @throws Error when `json` is not a message of the type */
export function fromJson(type: string, json: string): Uint8Array {
  const schema = messageType(type);
  const message = json === "" ? create(schema) : fromJsonString(schema, json, { registry: descriptorRegistry() });
  return toBinary(schema, message);
}

/** @throws Error when an embedded message is of a type without descriptor */
export function toJson(type: string, bytes: Uint8Array): string {
  const schema = messageType(type);
  return toJsonString(schema, fromBinary(schema, bytes), { registry: descriptorRegistry() });
}
