import { readFileSync, unwatchFile, watchFile } from "node:fs";
import { jsonMessage, ResourceCache, TYPE_URLS, XdsServer } from "steelyard/xds";

/** Serves a file like `{"checkout": ["10.0.0.1:8080"]}`, which is read again whenever it changes. */
export async function serve(file: string, port: number) {
  const cache = new ResourceCache();
  const server = new XdsServer({
    cache,
    audienceOf: ({ cluster }) => cluster, // one set of resources per --service-cluster of Envoy
    callbacks: { onNack: (_, { names, error }) => console.error(`${names.join(", ")} refused: ${error.message}`) },
  });
  const publish = () => {
    const services: Record<string, string[]> = JSON.parse(readFileSync(file, "utf8"));
    cache.replace("edge", TYPE_URLS.cluster, Object.keys(services).map(clusterOf));
    cache.replace("edge", TYPE_URLS.endpoint, Object.entries(services).map(assignmentOf));
  };
  publish();
  watchFile(file, { persistent: false }, publish);
  const address = await server.listen({ host: "127.0.0.1", port });
  const close = () => {
    unwatchFile(file);
    return server.close();
  };
  return { ...address, publish, close };
}

function clusterOf(name: string) {
  const edsClusterConfig = { edsConfig: { resourceApiVersion: "V3", ads: {} } };
  const message = jsonMessage(TYPE_URLS.cluster, { name, type: "EDS", edsClusterConfig });
  return { name, message, refs: [{ typeUrl: TYPE_URLS.endpoint, name }] };
}

function assignmentOf([name, addresses]: [string, string[]]) {
  const lbEndpoints = addresses.map((each) => {
    const [address, portValue] = each.split(":");
    return { endpoint: { address: { socketAddress: { address, portValue: Number(portValue) } } } };
  });
  const message = jsonMessage(TYPE_URLS.endpoint, { clusterName: name, endpoints: [{ locality: {}, lbEndpoints }] });
  return { name, message };
}
