// Resources written as JSON, for control planes that have no generated code of their own.
import { fromJsonString, toBinary } from "@bufbuild/protobuf";
import { descriptorRegistry } from "./descriptors.js";
import type { EncodableMessage } from "./resource.js";

/**
 * A resource from its protobuf JSON form, field names in either spelling; `Any` fields by `@type`. Knows the messages that
 * this package was generated from: those of clusters, endpoints, listeners, routes, secrets, and what Steelyard sends.
 * @param typeUrl e.g. `TYPE_URLS.cluster`
 * @throws TypeError for a type that is not known; `encode` throws an Error that names a field which is unknown or wrong
 */
export function jsonMessage(typeUrl: string, value: object): EncodableMessage {
  const registry = descriptorRegistry();
  const schema = registry.getMessage(typeUrl.slice(typeUrl.lastIndexOf("/") + 1));
  if (!schema) throw new TypeError(`no descriptor of ${typeUrl}`);
  return { encode: () => toBinary(schema, fromJsonString(schema, JSON.stringify(value), { registry })) };
}
