// xterm.js as the judge of snapshots. Reads one case a line: {cols, rows, parts: [[piece, …], [piece, …]]} in base64, two
// ways to the same screen. Answers each with a line: the first difference that a person or a program could see, or nothing.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const { Terminal } = createRequire(new URL("../../../end2end/package.json", import.meta.url))("@xterm/headless");

async function painted({ cols, rows }, pieces) {
  const terminal = new Terminal({ cols, rows, scrollback: 10_000, allowProposedApi: true, logLevel: "off" });
  for (const piece of pieces) await new Promise((done) => terminal.write(Buffer.from(piece, "base64"), done));
  return terminal;
}

const LOOKS = ["Bold", "Italic", "Dim", "Underline", "Blink", "Inverse", "Invisible", "Strikethrough", "Overline"];

/** What can be seen of a cell; an empty one looks like a space, and nothing has no colour of its own to show. */
function seen(cell) {
  const looks = LOOKS.filter((look) => cell[`is${look}`]());
  const colours = [cell.getFgColorMode(), cell.getFgColor(), cell.getBgColorMode(), cell.getBgColor()];
  return [cell.getChars() || " ", cell.getWidth(), ...looks, ...colours].join(",");
}

function lineOf(buffer, at, cols) {
  const line = buffer.getLine(at);
  const cells = Array.from({ length: cols }, (_, x) => seen(line.getCell(x)));
  return { cells, wrapped: line.isWrapped };
}

function differs(name, one, other) {
  return one === other ? undefined : `${name}: ${JSON.stringify(one)}, from the snapshot ${JSON.stringify(other)}`;
}

function ofBuffers(name, one, other, cols) {
  const place = differs(`${name}, cursor`, `${one.cursorX},${one.cursorY}`, `${other.cursorX},${other.cursorY}`);
  const length = differs(`${name}, lines`, one.length, other.length);
  if (place || length) return place ?? length;
  for (let y = 0; y < one.length; y += 1) {
    const [left, right] = [lineOf(one, y, cols), lineOf(other, y, cols)];
    const x = left.cells.findIndex((cell, at) => cell !== right.cells[at]);
    if (x >= 0) return differs(`${name}, line ${y} of ${one.length}, column ${x}`, left.cells[x], right.cells[x]);
    if (left.wrapped !== right.wrapped) return differs(`${name}, line ${y} of ${one.length}, wrapped`, left.wrapped, right.wrapped);
  }
}

async function judge(given) {
  const [one, other] = await Promise.all(given.parts.map((pieces) => painted(given, pieces)));
  const found =
    differs("screen", one.buffer.active.type, other.buffer.active.type) ??
    ofBuffers("normal", one.buffer.normal, other.buffer.normal, given.cols) ??
    (one.buffer.active.type === "alternate" ? ofBuffers("alternate", one.buffer.alternate, other.buffer.alternate, given.cols) : undefined) ??
    Object.keys(one.modes).map((mode) => differs(`mode ${mode}`, one.modes[mode], other.modes[mode])).find(Boolean);
  one.dispose();
  other.dispose();
  return found ?? "";
}

for await (const line of createInterface({ input: process.stdin })) console.log(await judge(JSON.parse(line)));
