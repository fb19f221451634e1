// What is said about a port that cannot be opened, by node:net and by grpc-js.
import { expect, test } from "@jest/globals";
import { listenFailure } from "../../../src/api/listen-failure.js";

const system = (code: string): Error => Object.assign(new Error(`listen ${code}: words 127.0.0.1:80`), { code });
const grpc = (code: string): Error =>
  new Error(`No address added out of total 1 resolved errors: [listen ${code}: words 127.0.0.1:80]`);

test.each([
  ["EADDRINUSE", "ERR_ADDRESS_IN_USE", /^127\.0\.0\.1:80 is taken: .+ with --api-address$/],
  [
    "EACCES",
    "ERR_CONFIG_INVALID",
    /^cannot listen on 127\.0\.0\.1:80, --api-address: this user may not open that port$/,
  ],
  ["EADDRNOTAVAIL", "ERR_CONFIG_INVALID", /: this machine does not have that address$/],
  ["EMFILE", "ERR_CONFIG_INVALID", /: .*listen EMFILE: words/],
])("%s is %s from either", (systemCode, code, message) => {
  for (const cause of [system(systemCode), grpc(systemCode)]) {
    expect(listenFailure("127.0.0.1:80", "--api-address", cause)).toMatchObject({
      code,
      message: expect.stringMatching(message),
      cause,
    });
  }
});
