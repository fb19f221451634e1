// The one method of the lab's gRPC backends: any text goes in, the name of the backend comes out.
import type { MethodDefinition } from "@grpc/grpc-js";

const bytes = (text: string): Buffer => Buffer.from(text);
const text = (buffer: Buffer): string => buffer.toString();

export const SAY: MethodDefinition<string, string> = {
  path: "/lab.Backend/Say",
  requestStream: false,
  responseStream: false,
  requestSerialize: bytes,
  requestDeserialize: text,
  responseSerialize: bytes,
  responseDeserialize: text,
};
