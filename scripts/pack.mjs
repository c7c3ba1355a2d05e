// Makes a folder of static files ready to be served. Usage: node scripts/pack.mjs FOLDER
// Script, WASM and style sheet of the console (pkg/) move into a folder named by their content, so that browsers may keep
// them for ever; and whatever gets smaller gets a brotli and a gzip twin, which dockletd sends in its place.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const site = process.argv[2];
if (!site) throw new Error("usage: node scripts/pack.mjs FOLDER");
const texts = /\.(css|html|js|json|mjs|svg|wasm)$/;
const smallest = 1024;

function* filesBelow(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(place);
    else yield place;
  }
}

/** The name depends on names and contents alone, not on when or where it was built. */
function digestOf(folder) {
  const hash = createHash("sha256");
  for (const file of [...filesBelow(folder)].sort()) {
    hash.update(`${path.relative(folder, file)}\0${statSync(file).size}\0`).update(readFileSync(file));
  }
  return hash.digest("hex").slice(0, 16);
}

function nameByContent(pkg) {
  for (const file of filesBelow(pkg)) if (file.endsWith(".d.ts")) rmSync(file);
  const names = readdirSync(pkg);
  const home = path.join(pkg, digestOf(pkg));
  mkdirSync(home);
  for (const name of names) renameSync(path.join(pkg, name), path.join(home, name));
  return home;
}

function compress(file) {
  const plain = readFileSync(file);
  if (plain.length < smallest) return plain.length;
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT, BROTLI_PARAM_LGWIN } = constants;
  const params = { [BROTLI_PARAM_QUALITY]: 11, [BROTLI_PARAM_LGWIN]: 22, [BROTLI_PARAM_SIZE_HINT]: plain.length };
  const brotli = brotliCompressSync(plain, { params });
  if (brotli.length >= plain.length) return plain.length;
  writeFileSync(`${file}.br`, brotli);
  writeFileSync(`${file}.gz`, gzipSync(plain, { level: 9 }));
  return brotli.length;
}

const pkg = path.join(site, "pkg");
const home = readdirSync(site).includes("pkg") ? nameByContent(pkg) : undefined;
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
const first = { files: [], size: 0 };
let later = 0;
for (const file of [...filesBelow(site)].filter((file) => texts.test(file))) {
  const size = compress(file);
  if (!home || path.dirname(file) !== home) continue;
  // The areas of app/src/routes/areas.rs, and what several of them share.
  if (/^(split|chunk)_/.test(path.basename(file))) later += size;
  else {
    first.files.push(`${path.extname(file).slice(1)} ${kilobytes(size)}`);
    first.size += size;
  }
}
if (home) console.log(`    the console's first load, brotli: ${first.files.join(" + ")} = ${kilobytes(first.size)}; ${kilobytes(later)} more when gone to`);
