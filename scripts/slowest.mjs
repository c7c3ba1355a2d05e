// How long each test took, which Rust's test programs do not say. Usage:
//   node scripts/slowest.mjs follow PROGRAM THREADS LOG   until it is told to end; leaves LOG.times
//   node scripts/slowest.mjs show HOW_MANY FOLDER JSON    of all *.times in the folder, and of Playwright's report
// A test program begins its tests in the order in which it lists them, the next one whenever one has ended. So the moments at
// which tests end, seen in its log, also tell when each one began.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const ENDED = /^test (\S+)(?: - should panic)? \.\.\. (?:ok|FAILED|ignored)/;
const LOOK_EVERY = 50;

function follow(program, threads, log) {
  const order = execFileSync(program, ["--list", "--format", "terse"], { encoding: "utf8" }).split("\n").filter((line) => line.endsWith(": test"));
  const names = order.map((line) => line.slice(0, -": test".length));
  const began = Date.now();
  const ends = []; // [name, when], as they ended
  let seen = 0;
  const look = () => {
    const lines = existsSync(log) ? readFileSync(log, "utf8").split("\n").slice(0, -1) : [];
    for (; seen < lines.length; seen += 1) {
      const name = ENDED.exec(lines[seen])?.[1];
      if (name) ends.push([name, Date.now()]);
    }
  };
  const watch = setInterval(look, LOOK_EVERY);
  process.on("SIGTERM", () => {
    clearInterval(watch);
    look();
    const start = new Map(names.map((name, place) => [name, place < threads ? began : ends[place - threads]?.[1]]));
    const took = ends.map(([name, end]) => `${end - (start.get(name) ?? end)} ${name}`);
    writeFileSync(`${log}.times`, took.map((line) => `${line}\n`).join(""));
    process.exit(0);
  });
}

function ofRust(folder) {
  return readdirSync(folder).filter((name) => name.endsWith(".times")).flatMap((name) => {
    const program = name.replace(/-[0-9a-f]{16}\.log\.times$/, "");
    const lines = readFileSync(path.join(folder, name), "utf8").split("\n").filter(Boolean);
    return lines.map((line) => [Number(line.split(" ")[0]), `${program}: ${line.split(" ")[1]}`]);
  });
}

function ofBrowser(suite) {
  const inside = (suite.suites ?? []).flatMap(ofBrowser);
  const own = (suite.specs ?? []).flatMap((spec) =>
    spec.tests.map((test) => [test.results.reduce((sum, result) => sum + result.duration, 0), `${test.projectName}: ${spec.file}: ${spec.title}`]),
  );
  return [...inside, ...own];
}

function show(howMany, folder, json) {
  const rust = existsSync(folder) ? ofRust(folder) : [];
  const browser = existsSync(json) ? JSON.parse(readFileSync(json, "utf8")).suites.flatMap(ofBrowser) : [];
  const slowest = [...rust, ...browser].sort(([one], [other]) => other - one).slice(0, Number(howMany));
  for (const [took, name] of slowest) console.log(`    ${(took / 1000).toFixed(1).padStart(6)} s  ${name}`);
}

const [what, ...rest] = process.argv.slice(2);
if (what === "follow") follow(rest[0], Number(rest[1]), rest[2]);
else if (what === "show") show(...rest);
else throw new Error("usage: node scripts/slowest.mjs follow PROGRAM THREADS LOG, or show HOW_MANY FOLDER JSON");
