import { expect, test } from "@jest/globals";
import { globOf } from "../../../src/xds/glob.js";

test.each([
  ["xdstp://a/t/x/*", ["xdstp://a/t/x/1", "xdstp://a/t/x/é"]],
  ["xdstp://a/t/*", ["xdstp://a/t/1"]],
  ["xdstp://a/t/x/*?k=v", ["xdstp://a/t/x/1?k=v"]],
  ["xdstp:///t/*?", ["xdstp:///t/1?"]],
])("%s matches %j", (name, members) => {
  for (const member of members) expect([member, globOf(name)?.matches(member)]).toEqual([member, true]);
});

test.each([
  [
    "xdstp://a/t/x/*",
    ["xdstp://a/t/x/", "xdstp://a/t/x/*", "xdstp://a/t/x/1/2", "xdstp://a/t/x/1?k=v", "xdstp://a/t/y/1"],
  ],
  ["xdstp://a/t/x/*?k=v", ["xdstp://a/t/x/1", "xdstp://a/t/x/1?k=w", "xdstp://a/t/x/1?j=1&k=v", "xdstp://a/t/x/?k=v"]],
])("%s matches none of %j", (name, strangers) => {
  for (const stranger of strangers) expect([stranger, globOf(name)?.matches(stranger)]).toEqual([stranger, false]);
});

test.each(["*", "/*", "routes/*", "xdstp://a/t/x", "xdstp://a/t/x*", "xdstp://a/t/*/x"])("%s is a name", (name) => {
  expect(globOf(name)).toBeUndefined();
});
