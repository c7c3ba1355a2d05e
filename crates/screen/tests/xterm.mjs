// xterm.js as the judge of snapshots. Reads one case a line: {cols, rows, parts: [[piece, …], [piece, …]]} in base64, two
// ways to the same screen. Answers each with a line: the first difference that a person or a program could see, or nothing.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const of = (folder, name) => createRequire(new URL(`../../../${folder}package.json`, import.meta.url))(name);
const { Terminal } = of("end2end/", "@xterm/headless");
const { Unicode11Addon } = of("", "@xterm/addon-unicode11"); // as the console has it

async function painted({ cols, rows }, pieces) {
  const terminal = new Terminal({ cols, rows, scrollback: 10_000, allowProposedApi: true, logLevel: "off" });
  terminal.loadAddon(new Unicode11Addon());
  terminal.unicode.activeVersion = "11";
  for (const piece of pieces) await new Promise((done) => terminal.write(Buffer.from(piece, "base64"), done));
  return terminal;
}

const LOOKS = ["Inverse", "Underline", "Strikethrough", "Overline", "Bold", "Italic", "Dim", "Blink", "Invisible"];
/** How many of them show where there is no character; without one of these the text's colour does not show either. */
const ON_NOTHING = 4;

/** What can be seen of a cell; an empty one looks like a space. */
function seen(cell) {
  const text = cell.getChars() || " ";
  const looks = LOOKS.filter((look, place) => cell[`is${look}`]() && (text !== " " || place < ON_NOTHING));
  const colour = text !== " " || looks.length > 0 ? [cell.getFgColorMode(), cell.getFgColor()] : [];
  return [text, cell.getWidth(), ...looks, ...colour, cell.getBgColorMode(), cell.getBgColor()].join(",");
}

function lineOf(buffer, at, cols) {
  const line = buffer.getLine(at);
  return Array.from({ length: cols }, (_, x) => seen(line.getCell(x)));
}

function differs(name, one, other) {
  return one === other ? undefined : `${name}: ${JSON.stringify(one)}, from the snapshot ${JSON.stringify(other)}`;
}

/** Where a buffer's cursor is. That a line waits to wrap counts only on the screen that is shown. */
function cursor(buffer, shown, cols) {
  return `${shown ? buffer.cursorX : Math.min(buffer.cursorX, cols - 1)},${buffer.cursorY}`;
}

function ofBuffers(name, one, other, cols, shown) {
  const place = differs(`${name}, cursor`, cursor(one, shown, cols), cursor(other, shown, cols));
  const length = differs(`${name}, lines`, one.length, other.length);
  if (place || length) return place ?? length;
  for (let y = 0; y < one.length; y += 1) {
    const [left, right] = [lineOf(one, y, cols), lineOf(other, y, cols)];
    const x = left.findIndex((cell, at) => cell !== right[at]);
    if (x >= 0) return differs(`${name}, line ${y} of ${one.length}, column ${x}`, left[x], right[x]);
  }
}

async function judge(given) {
  const [one, other] = await Promise.all(given.parts.map((pieces) => painted(given, pieces)));
  const alternate = one.buffer.active.type === "alternate";
  const found =
    differs("screen", one.buffer.active.type, other.buffer.active.type) ??
    ofBuffers("normal", one.buffer.normal, other.buffer.normal, given.cols, !alternate) ??
    (alternate ? ofBuffers("alternate", one.buffer.alternate, other.buffer.alternate, given.cols, true) : undefined) ??
    Object.keys(one.modes).map((mode) => differs(`mode ${mode}`, one.modes[mode], other.modes[mode])).find(Boolean);
  one.dispose();
  other.dispose();
  return found ?? "";
}

for await (const line of createInterface({ input: process.stdin })) console.log(await judge(JSON.parse(line)));
