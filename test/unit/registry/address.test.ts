import { describe, expect, test } from "@jest/globals";
import { canonicalAddress } from "../../../src/model/address.js";

describe("canonicalAddress", () => {
  test.each([
    ["10.1.2.3", "10.1.2.3"],
    ["127.0.0.1", "127.0.0.1"],
    ["240.0.0.1", "240.0.0.1"],
    ["::1", "::1"],
    ["::ffff:1.2.3.4", "1.2.3.4"],
    ["::FFFF:0102:0304", "1.2.3.4"],
    ["0:0:0:0:0:ffff:10.0.0.1", "10.0.0.1"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8::0001", "2001:db8::1"],
    ["2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["169.253.169.254", "169.253.169.254"],
    ["fec0::1", "fec0::1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ])("%s is %s", (text, address) => expect(canonicalAddress(text)).toEqual({ ok: true, address }));

  test.each([
    ["", /literal/],
    ["backend.example", /host names/],
    ["localhost", /host names/],
    ["[::1]", /brackets/],
    ["10.1.2", /literal/],
    ["010.1.2.3", /literal/],
    ["10.1.2.3 ", /literal/],
    ["10.1.2.3:80", /literal/],
    ["0x7f.0.0.1", /literal/],
    ["fe80::1%eth0", /zone/],
    ["169.254.169.254", /link-local/],
    ["::ffff:169.254.0.1", /link-local/],
    ["fe80::1", /link-local/],
    ["febf::1", /link-local/],
    ["0.0.0.0", /unspecified/],
    ["0.1.2.3", /unspecified/],
    ["::", /unspecified/],
    ["::ffff:0.0.0.0", /unspecified/],
    ["224.0.0.1", /multicast/],
    ["::ffff:239.1.1.1", /multicast/],
    ["ff02::1", /multicast/],
    ["255.255.255.255", /broadcast/],
  ])("%s is refused", (text, detail) =>
    expect(canonicalAddress(text)).toEqual({ ok: false, detail: expect.stringMatching(detail) }),
  );
});
