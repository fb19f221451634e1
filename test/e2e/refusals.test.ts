// What goes wrong at the start or in a request is said in one clear line with a stable code.
import { createServer } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { Rig } from "./harness/rig.js";

let rig: Rig | undefined;
afterEach(() => rig?.stop());

test("a second server on the same data folder is refused", async () => {
  rig = await Rig.create();
  const server = await rig.startServer();
  await expect(rig.startServer({ flags: ["--data-dir", server.dataDir] })).rejects.toThrow(/ERR_STORE_LOCKED/);
});

test("a taken port is named, with the flag that changes it", async () => {
  rig = await Rig.create();
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  rig.defer("the taken port", () => void holder.close());
  const address = holder.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  for (const flag of ["--xds-address", "--api-address", "--diagnostics-address"]) {
    await expect(rig.startServer({ flags: [flag, `127.0.0.1:${address.port}`] })).rejects.toThrow(
      new RegExp(`${flag}[\\s\\S]*ERR_ADDRESS_IN_USE`),
    );
  }
});

test("a listening address beyond loopback and a configuration with a typing error are refused", async () => {
  rig = await Rig.create();
  await expect(rig.startServer({ flags: ["--xds-address", "0.0.0.0:0"] })).rejects.toThrow(/ERR_NOT_LOOPBACK/);
  await expect(rig.startServer({ config: { lisener: {} } })).rejects.toThrow(/lisener[\s\S]*ERR_CONFIG_INVALID/);
});

test("malformed bodies get 400 or 422 with pointers, and the server goes on", async () => {
  rig = await Rig.create();
  const { api } = await rig.startServer();
  const send = async (body: string) => {
    const response = await fetch(`${api.url}/v1/services/shop/instances/a`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body,
    });
    const answer = (await response.json()) as { code?: string; errors?: { pointer: string }[] };
    // Last, because an instance has a status of its own.
    return { ...answer, status: response.status, mediaType: response.headers.get("content-type") };
  };
  expect(await send("{")).toMatchObject({
    status: 400,
    code: "ERR_MALFORMED_JSON",
    mediaType: expect.stringContaining("application/problem+json"),
  });
  const bad = await send(JSON.stringify({ address: "localhost", port: 70_000, weight: 0, colour: "red" }));
  expect(bad).toMatchObject({ status: 422, code: "ERR_INVALID_REQUEST" });
  expect(bad.errors?.map(({ pointer }) => pointer).toSorted()).toEqual(
    expect.arrayContaining(["/address", "/port", "/weight"]),
  );
  const policy = await fetch(`${api.url}/v1/services/shop`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: '{"algorithm": "best"}',
  });
  expect({ status: policy.status, ...((await policy.json()) as object) }).toMatchObject({
    status: 422,
    code: "ERR_UNKNOWN_POLICY",
    detail: expect.stringContaining("adaptive"),
  });
  expect((await send(JSON.stringify({ address: "127.0.0.1", port: 9_001 }))).status).toBe(201);
  const twin = await fetch(`${api.url}/v1/services/shop/instances/b`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: '{"address": "127.0.0.1", "port": 9001}',
  });
  expect({ status: twin.status, ...((await twin.json()) as object) }).toMatchObject({
    status: 409,
    code: "ERR_ADDRESS_CONFLICT",
  });
});
