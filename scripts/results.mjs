// What the tests of one run have to say: how long each took, which Rust's test programs do not tell, and why one failed.
// FOLDER has the logs of the Rust programs, JSON is Playwright's report. Usage:
//   node scripts/results.mjs follow PROGRAM THREADS LOG      until it is told to end; leaves LOG.times
//   node scripts/results.mjs slowest HOW_MANY FOLDER JSON
//   node scripts/results.mjs failures HOW_MANY FOLDER JSON   each with the first lines of what it said
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

function ofBrowser(json) {
  const inside = (suite) => [...(suite.suites ?? []).flatMap(inside), ...(suite.specs ?? []).flatMap(ofSpec)];
  const ofSpec = (spec) => spec.tests.map((test) => ({ name: `${test.projectName}: ${spec.file}: ${spec.title}`, ...test }));
  return existsSync(json) ? JSON.parse(readFileSync(json, "utf8")).suites.flatMap(inside) : [];
}

function slowest(howMany, folder, json) {
  const rust = existsSync(folder) ? ofRust(folder) : [];
  const browser = ofBrowser(json).map((test) => [test.results.reduce((sum, result) => sum + result.duration, 0), test.name]);
  const first = [...rust, ...browser].sort(([one], [other]) => other - one).slice(0, Number(howMany));
  for (const [took, name] of first) console.log(`    ${(took / 1000).toFixed(1).padStart(6)} s  ${name}`);
}

const LINES = 12;
const COLOURS = /\u001b\[[0-9;]*m/g;

/** What a failed test printed, as libtest repeats it at the end of its program's log. */
function failuresOfRust(folder) {
  return readdirSync(folder).filter((name) => name.endsWith(".log")).flatMap((name) =>
    readFileSync(path.join(folder, name), "utf8").split(/^---- (?=\S+ stdout ----$)/m).slice(1).map((part) => {
      const [title, ...said] = part.split(/^failures:$/m)[0].split("\n");
      const panic = said.findIndex((line) => line.includes("panicked at"));
      return [`${name.replace(/-[0-9a-f]{16}\.log$/, "")}: ${title.split(" ")[0]}`, said.slice(Math.max(panic, 0))];
    }),
  );
}

function failuresOfBrowser(json) {
  const failed = ofBrowser(json).filter((test) => test.status === "unexpected");
  return failed.map((test) => [test.name, test.results.flatMap((result) => result.errors ?? []).flatMap((error) => (error.message ?? "").split("\n"))]);
}

function failures(howMany, folder, json) {
  const all = [...(existsSync(folder) ? failuresOfRust(folder) : []), ...failuresOfBrowser(json)];
  for (const [name, said] of all.slice(0, Number(howMany))) {
    console.log(`\n${name}`);
    for (const line of said.map((line) => line.replaceAll(COLOURS, "")).filter((line) => line.trim()).slice(0, LINES)) console.log(`    ${line.slice(0, 200)}`);
  }
}

const [what, ...rest] = process.argv.slice(2);
if (what === "follow") follow(rest[0], Number(rest[1]), rest[2]);
else if (what === "slowest") slowest(...rest);
else if (what === "failures") failures(...rest);
else throw new Error("usage: node scripts/results.mjs follow PROGRAM THREADS LOG, or slowest|failures HOW_MANY FOLDER JSON");
