// A lock as a directory: mkdir is atomic everywhere. Its owner's pid inside makes a dead owner's lock removable.
import { mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 100;
/** An owner writes its pid right after mkdir; one that has not done so for this long died in between. */
const UNOWNED_MS = 5_000;

/** Runs `task` while holding the lock at `path`. Calls `onWait(pid)` once when somebody else holds it. */
export async function withLock(path, { onWait = () => undefined } = {}, task) {
  let told = false;
  while (!tryLock(path)) {
    const owner = ownerOf(path);
    if (owner.dead) removeStale(path);
    else {
      if (!told && owner.pid !== undefined) {
        told = true;
        onWait(owner.pid);
      }
      await sleep(POLL_MS);
    }
  }
  try {
    return await task();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

function tryLock(path) {
  if (!tryMkdir(path)) return false;
  writeFileSync(join(path, "pid"), String(process.pid));
  return true;
}

function ownerOf(path) {
  try {
    const pid = Number(readFileSync(join(path, "pid"), "utf8"));
    if (Number.isInteger(pid) && pid > 0) return { pid, dead: !isAlive(pid) };
  } catch {
    // no pid in it yet, or the lock is gone again: the age below tells
  }
  const age = ageMs(path);
  return { pid: undefined, dead: age !== undefined && age > UNOWNED_MS };
}

/** Several waiters may see the same dead owner; under a second lock only one removes it, after looking again. */
function removeStale(path) {
  const guard = `${path}.stealing`;
  if (!tryMkdir(guard)) {
    if ((ageMs(guard) ?? 0) > UNOWNED_MS) rmSync(guard, { recursive: true, force: true });
    return;
  }
  try {
    if (ownerOf(path).dead) rmSync(path, { recursive: true, force: true });
  } finally {
    rmdirSync(guard);
  }
}

function tryMkdir(path) {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function ageMs(path) {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
