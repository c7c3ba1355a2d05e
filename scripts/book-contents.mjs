// mdBook writes the book's contents as seen from its first page, and leaves links to a README as they are, though its page is
// index.html. It writes every picture twice, with a checkbox that only its own style sheet turns into a magnifier.
// Usage: node scripts/book-contents.mjs FOLDER
// Corrects that in every page below it, so that it works without a script.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const book = process.argv[2];
if (!book) throw new Error("usage: node scripts/book-contents.mjs FOLDER");
const readme = /href="([^":]*)README\.html/g;
const contents = /<nav class="contents".*?<\/nav>/s;
const magnified = /<label class="checkbox-label">.*?(<img src="([^"]*)"[^>]*>).*?<\/label>/gs;
let corrected = 0;
for (const name of readdirSync(book, { recursive: true })) {
  const file = path.join(book, name);
  if (!file.endsWith(".html")) continue;
  const page = readFileSync(file, "utf8");
  const root = /<html[^>]* data-root="([^"]*)"/.exec(page)?.[1];
  if (root === undefined || !contents.test(page)) throw new Error(`${name} is not made from style/book/index.hbs`);
  const led = page.replace(contents, (nav) => nav.replaceAll('href="', `href="${root}`));
  const seen = led.replaceAll(magnified, '<a class="picture" href="$2">$1</a>');
  if (seen.includes("checkbox-img")) throw new Error(`${name}: mdBook writes pictures in another way than this expects`);
  writeFileSync(file, seen.replaceAll(readme, 'href="$1index.html'));
  corrected += 1;
}
if (corrected === 0) throw new Error(`there is no page in ${book}`);
