// Names of this machine, tags, pages and problems: the small pure parts of the API.
import { describe, expect, test } from "@jest/globals";
import { ifMatchOf, notModified, strongTag, weakTag } from "../../../src/api/etag.js";
import { hostOfAuthority, isLoopbackHost } from "../../../src/api/loopback.js";
import { pageOf } from "../../../src/api/page.js";
import { errorOf, PROBLEM_BASE, problemOf } from "../../../src/api/problem.js";
import { renderApiReference } from "../../../src/api/reference.js";
import { ROUTES } from "../../../src/api/routes.js";
import { ERRORS, type ErrorCode, SteelyardError } from "../../../src/model/errors.js";

test.each([
  ["localhost", true],
  ["LOCALHOST", true],
  ["app.localhost", true],
  ["127.0.0.1", true],
  ["127.255.1.2", true],
  ["::1", true],
  ["0:0:0:0:0:0:0:1", true],
  ["0.0.0.0", false],
  ["::", false],
  ["localhost.evil.example", false],
  ["127.0.0.1.evil.example", false],
  ["::ffff:10.0.0.1", false],
  ["", false],
])("loopback: %j is %s", (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected);
});

test.each([
  ["localhost:80", "localhost"],
  ["[::1]:18080", "::1"],
  ["[::1]", "::1"],
  ["127.0.0.1", "127.0.0.1"],
  ["a@b", undefined],
  ["localhost:99999999", undefined],
  ["", undefined],
])("host of %j is %j", (authority, expected) => {
  expect(hostOfAuthority(authority)).toBe(expected);
});

describe("tags", () => {
  test("a write compares the revision, whatever the variant", () => {
    expect(ifMatchOf({ "if-match": strongTag(8_123, "suspect") })).toBe(8_123);
    expect(ifMatchOf({ "if-match": "*" })).toBe("*");
    expect(ifMatchOf({})).toBeUndefined();
  });

  test("a read compares the whole tag, weakly", () => {
    expect(notModified({ "if-none-match": `"1", ${weakTag(2)}` }, strongTag(2))).toBe(true);
    expect(notModified({ "if-none-match": strongTag(2, "suspect") }, strongTag(2))).toBe(false);
    expect(notModified({ "if-none-match": "*" }, strongTag(2))).toBe(true);
    expect(notModified({}, strongTag(2))).toBe(false);
  });
});

test("pages follow each other without gap or overlap, also when items vanish", () => {
  const all = ["a", "b", "c", "d", "e"];
  const first = pageOf(all, (item) => item, { limit: 2 });
  expect(first).toEqual({ items: ["a", "b"], nextCursor: "b" });
  expect(pageOf(["a", "d", "e"], (item) => item, { limit: 2, cursor: first.nextCursor })).toEqual({
    items: ["d", "e"],
  });
  expect(pageOf(all, (item) => item, { limit: 5 })).toEqual({ items: all });
  expect(pageOf([], (item: string) => item, {})).toEqual({ items: [] });
});

describe("problems", () => {
  test.each(Object.keys(ERRORS) as ErrorCode[])("%s has the status and slug of the table", (code) => {
    const problem = problemOf(new SteelyardError(code, "what happened"), "/v1/x", "r1");
    expect(problem).toMatchObject({
      status: ERRORS[code].httpStatus,
      type: PROBLEM_BASE + ERRORS[code].slug,
      title: ERRORS[code].title,
      code,
      instance: "/v1/x",
      requestId: "r1",
    });
  });

  test("slugs are unique", () => {
    const slugs = Object.values(ERRORS).map(({ slug }) => slug);
    expect(new Set(slugs).size).toBe(slugs.length);
  });

  test("what is thrown elsewhere becomes one of our codes", () => {
    const thrown = (type: string): Error => Object.assign(new Error("x"), { type });
    expect(errorOf(thrown("entity.too.large")).code).toBe("ERR_PAYLOAD_TOO_LARGE");
    expect(errorOf(thrown("request.aborted")).code).toBe("ERR_MALFORMED_JSON");
    expect(errorOf(thrown("encoding.unsupported")).code).toBe("ERR_UNSUPPORTED_MEDIA_TYPE");
    expect(errorOf(thrown("something.new")).code).toBe("ERR_INTERNAL");
    expect(errorOf("text").code).toBe("ERR_INTERNAL");
  });
});

test("the reference has every route, its fields and its codes", () => {
  const page = renderApiReference();
  for (const { id, path, problems } of ROUTES) {
    expect(page).toContain(`## ${id}\n`);
    expect(page).toContain(path);
    for (const code of problems) expect(page).toContain(code);
  }
  expect(page).toMatch(/\| `port` \| integer 1\.\.65535 \| required \|/);
  expect(page).toMatch(/\| `locality.zone` \| string \| `""` \|/);
  expect(page).not.toMatch(/undefined|\[object/);
});
