// A stamp is a hash of everything a step reads, written after it succeeded: equal stamp, nothing to do.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Hash over words and files. A missing file counts as such, so that its appearance changes the hash. */
export function stampOf({ words = [], files = [] }) {
  const hash = createHash("sha256");
  for (const word of words) hash.update(`word ${word}\n`);
  for (const file of files) {
    const content = existsSync(file) ? readFileSync(file) : undefined;
    hash.update(`file ${file} ${content?.length ?? "missing"}\n`);
    if (content !== undefined) hash.update(content);
  }
  return hash.digest("hex");
}

/** The stored stamp, or undefined. */
export function readStamp(file) {
  return existsSync(file) ? readFileSync(file, "utf8").trim() : undefined;
}

/** All files below `folder`, sorted; `skip(path)` leaves out a file or a whole folder. */
export function filesBelow(folder, skip = () => false) {
  if (!existsSync(folder)) return [];
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (skip(path)) continue;
    if (entry.isDirectory()) found.push(...filesBelow(path, skip));
    else if (entry.isFile()) found.push(path);
  }
  return found.sort((a, b) => (a < b ? -1 : 1));
}
