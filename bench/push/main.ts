import { buildGo, contenders } from "./contenders.js";
import { measure } from "./measure.js";
import { quick, WORKLOADS } from "./workloads.js";

const built = buildGo(process.env["GOOUT"] ?? "/tmp/gobin");
if (typeof built === "string") throw new Error(built);
const [names = "", who = "", reps = "1"] = process.argv.slice(2);
for (const w of WORKLOADS.filter((x) => names.split(",").includes(x.name)).map(quick)) {
  for (let r = 0; r < Number(reps); r++)
    for (const c of contenders(built.peer).filter((x) => who.split(",").includes(x.name))) {
      const m = await measure(c, w, built.swarm, undefined);
      const f = (x: number, d = 1) => x.toFixed(d);
      console.log(
        w.name,
        c.name.padEnd(18),
        `cpu ${f(m.cpuUs)}us last ${f(m.lastMs)} p50 ${f(m.p50Ms)} block ${f(m.blockMs)} conn ${f(m.connectCpuMs)}/${f(m.connectServedMs)}ms idle ${f(m.idleBytesPerStream / 1024)}KB peak ${f(m.rssPeakBytes / 2 ** 20)}MB growth ${f(m.rssGrowthBytes / 2 ** 20, 2)}MB swarm ${f(m.swarmBusy, 2)}`,
      );
    }
}
