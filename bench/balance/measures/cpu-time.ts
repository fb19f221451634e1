// CPU time of processes and of the whole machine, from /proc. A bench whose own processes need most of the machine measures
// the machine; a bench beside somebody else's work measures that. Both are said in the result.
import { readFileSync } from "node:fs";

/** USER_HZ is 100 on every Linux that Node runs on. */
const MS_PER_TICK = 10;

/** User and system time so far, milliseconds; undefined where there is no /proc. */
export function processCpuMs(pid: number): number | undefined {
  try {
    return cpuMsInStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return undefined;
  }
}

/** Time that all CPUs together have been busy so far, milliseconds; undefined where there is no /proc. */
export function machineBusyMs(): number | undefined {
  try {
    return busyMsInStat(readFileSync("/proc/stat", "latin1"));
  } catch {
    return undefined;
  }
}

/** @throws Error when the text is no /proc/PID/stat */
export function cpuMsInStat(text: string): number {
  // The name in parentheses may hold anything; after it come state (field 3) and so on.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (!Number.isFinite(ticks)) throw new Error("not a /proc/PID/stat");
  return ticks * MS_PER_TICK;
}

/** @throws Error when the text is no /proc/stat */
export function busyMsInStat(text: string): number {
  const [name, user, nice, system, , , irq, softirq] = (text.split("\n")[0] ?? "").split(/\s+/);
  const ticks = [user, nice, system, irq, softirq].reduce((sum, field) => sum + Number(field), 0);
  if (name !== "cpu" || !Number.isFinite(ticks)) throw new Error("not a /proc/stat");
  return ticks * MS_PER_TICK;
}
