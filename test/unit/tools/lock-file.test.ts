// package-lock.json must name the optional packages of every platform, or `npm ci` refuses to work, and no registry host.

import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";

interface Entry {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, Entry> };

test("every optional dependency has an entry", () => {
  const missing = Object.entries(lock.packages).flatMap(([path, entry]) =>
    Object.keys(entry.optionalDependencies ?? {}).filter((name) => !isIn(path, name)),
  );
  expect(missing).toEqual([]);
});

test("no entry is bound to a registry", () => {
  expect(Object.entries(lock.packages).filter(([, entry]) => entry.resolved?.includes("://"))).toEqual([]);
});

/** As Node resolves: in the package's own folder, then in each one above it. */
function isIn(path: string, name: string): boolean {
  if (lock.packages[`${path === "" ? "" : `${path}/`}node_modules/${name}`] !== undefined) return true;
  if (path === "") return false;
  const cut = path.lastIndexOf("/node_modules/");
  return isIn(cut < 0 ? "" : path.slice(0, cut), name);
}
