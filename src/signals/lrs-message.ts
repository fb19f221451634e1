// Wire reading of LoadStatsRequest. Envoy repeats its whole `node`, with the list of all its extensions, in every
// report; only the first one is wanted, so later ones are skipped unread.
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { ClusterStats } from "../gen/envoy/config/endpoint/v3/load_report.js";
import { LoadStatsRequest } from "../gen/envoy/service/load_stats/v3/lrs.js";

const NODE_FIELD = 1;
const CLUSTER_STATS_TAG = (2 << 3) | 2;

/** @throws Error when the bytes are not a LoadStatsRequest */
export function readFirstMessage(bytes: Uint8Array): LoadStatsRequest {
  return LoadStatsRequest.decode(bytes);
}

/** @throws Error when the bytes are not a LoadStatsRequest */
export function readLaterMessage(bytes: Uint8Array): Pick<LoadStatsRequest, "clusterStats"> {
  const reader = new BinaryReader(bytes);
  const clusterStats: ClusterStats[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === NODE_FIELD || ((field << 3) | wireType) !== CLUSTER_STATS_TAG) reader.skip(wireType, field);
    else clusterStats.push(ClusterStats.decode(reader, reader.uint32()));
  }
  return { clusterStats };
}
