// The terminal in the browser: paste, search, size, links, two windows on one shell.
import { expect, hydrated, test } from "../../fixtures/test";
import { TerminalPanel } from "../../pages/terminal";
import { VclustersPage } from "../../pages/vclusters";

test.describe.configure({ mode: "serial" });

let address: string;

test.beforeEach(async ({ home }) => {
  const vclusters = new VclustersPage(home);
  if (address === undefined) await vclusters.order("shells", 1);
  const vcluster = await vclusters.visit("shells");
  await vcluster.becomes("running");
  address = home.url().split("?")[0] as string;
  await home.goto(`${address}/terminals`);
  await hydrated(home);
  await new TerminalPanel(home).ready();
});

test("several lines are pasted only after a question", async ({ home, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const terminals = new TerminalPanel(home);
  await terminals.run("clear; cat");
  await home.evaluate(() => navigator.clipboard.writeText("first line\nsecond line\n"));
  await terminals.focus();
  await home.keyboard.press("Control+Shift+V");
  const question = home.getByRole("dialog");
  await expect(question).toContainText("Paste 2 lines?");
  await question.getByRole("button", { name: "Paste" }).click();
  await terminals.shows(/first line\n(first line\n)?second line/);
  await home.keyboard.press("Control+D");
  await terminals.ready();
});

test("search finds text and counts it", async ({ home }) => {
  const terminals = new TerminalPanel(home);
  await terminals.run("clear; seq -f 'needle-%g' 1 12");
  await terminals.shows("needle-12");
  await home.getByRole("button", { name: "Search", exact: true }).click();
  await home.getByRole("textbox", { name: "Search in this terminal" }).fill("needle-1");
  await home.keyboard.press("Enter");
  await expect(home.getByRole("search")).toContainText(/of \d+/);
  await home.keyboard.press("Escape");
});

test("colours, wide characters and a window's new size reach the program", async ({ home }) => {
  const terminals = new TerminalPanel(home);
  await terminals.run("clear; printf '\\033[38;5;208mäöü 漢字\\033[0m\\n'; stty size");
  await terminals.shows("äöü 漢字");
  const before = /^(\d+) (\d+)$/m.exec(await terminals.text());
  await home.setViewportSize({ width: 800, height: 600 });
  await terminals.run("clear; stty size");
  await expect
    .poll(async () => /^(\d+) (\d+)$/m.exec(await terminals.text())?.[2], { timeout: 20_000 })
    .not.toBe(before?.[2]);
});

test("two windows on one shell both live", async ({ home, context }) => {
  const first = new TerminalPanel(home);
  const other = await context.newPage();
  await other.goto(`${address}/terminals`);
  await hydrated(other);
  const second = new TerminalPanel(other);
  await second.ready();
  await first.run("clear; echo from-the-first");
  await second.shows(/^from-the-first$/m);
  await second.run("echo from-the-second");
  await first.shows(/^from-the-second$/m);
  await other.close();
});

test("Ctrl-C acts at once under a flood of output", async ({ home }) => {
  const terminals = new TerminalPanel(home);
  await terminals.run("clear; yes flood");
  await terminals.shows("flood");
  const pressed = Date.now();
  await home.keyboard.press("Control+C");
  await terminals.shows(/\^C[\s\S]*#\s*$/);
  expect(Date.now() - pressed).toBeLessThan(5_000);
});

test("vim is repainted cleanly after a reload, and so is the shell behind it", async ({ home }) => {
  const terminals = new TerminalPanel(home);
  await terminals.run("clear; echo behind-the-editor; seq 1 40 > /tmp/numbers; vim /tmp/numbers");
  await terminals.shows(/^1$[\s\S]*^12$/m);
  const painted = await terminals.text();
  await home.reload();
  await hydrated(home);
  await expect.poll(async () => terminals.text(), { timeout: 20_000 }).toBe(painted);
  await terminals.run(":q");
  await terminals.shows("behind-the-editor");
  await terminals.ready();
});
