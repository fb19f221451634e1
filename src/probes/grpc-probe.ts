// grpc.health.v1.Health/Check (the gRPC health checking protocol): healthy is who answers OK and SERVING. One unary call by
// hand: a gRPC client would bring its own connection management, back-off and retries, which are what is being measured.
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { http2Exchange } from "./http2-exchange.js";
import { HEALTHY, type ProbeOutcome, refusal } from "./outcome.js";
import type { Probe } from "./target.js";

const SERVICE_TAG = (1 << 3) | 2;
const STATUS_FIELD = 1;
/** grpc.health.v1.HealthCheckResponse.ServingStatus */
const STATUSES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const;
const FRAME_HEAD_BYTES = 5;
const OK = "0";

/** @param service as in `HealthCheckRequest.service`; "" = the whole server */
export function grpcProbe(service: string): Probe {
  const body = requestFrame(service);
  return async (target, signal) => {
    const headers = {
      ":method": "POST",
      ":path": "/grpc.health.v1.Health/Check",
      ":authority": target.service,
      "content-type": "application/grpc",
      te: "trailers",
    };
    const answer = await http2Exchange(target, headers, body, signal);
    if ("failure" in answer) return answer.failure;
    if (answer.status !== 200) return refusal(`HTTP ${answer.status}`);
    const grpcStatus = answer.trailers["grpc-status"] ?? answer.headers["grpc-status"];
    return grpcStatus === OK ? servingOf(answer.body) : refusal(`gRPC status ${statusText(grpcStatus)}`);
  };
}

function requestFrame(service: string): Buffer {
  const writer = new BinaryWriter();
  if (service !== "") writer.uint32(SERVICE_TAG).string(service);
  const message = writer.finish();
  const frame = Buffer.alloc(FRAME_HEAD_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, FRAME_HEAD_BYTES);
  return frame;
}

function servingOf(body: Buffer): ProbeOutcome {
  const status = readStatus(body);
  if (status === undefined) return refusal("not a HealthCheckResponse");
  return status === STATUSES.indexOf("SERVING") ? HEALTHY : refusal(STATUSES[status] ?? `status ${status}`);
}

/** undefined when the body is not exactly one uncompressed message. */
function readStatus(body: Buffer): number | undefined {
  if (body.length < FRAME_HEAD_BYTES || body[0] !== 0) return undefined;
  if (body.readUInt32BE(1) !== body.length - FRAME_HEAD_BYTES) return undefined;
  let status = 0;
  try {
    const reader = new BinaryReader(body.subarray(FRAME_HEAD_BYTES));
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      if (field === STATUS_FIELD && wireType === WireType.Varint) status = reader.int32();
      else reader.skip(wireType, field);
    }
  } catch {
    return undefined;
  }
  return status;
}

function statusText(status: unknown): string {
  return typeof status === "string" && /^\d{1,3}$/.test(status) ? status : "missing";
}
