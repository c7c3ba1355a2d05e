// The command palette and the shortcuts: from anywhere, by keyboard alone, and never in the way of typing.
import { expect, hydrated, test } from "../../fixtures/test";
import { TerminalPanel } from "../../pages/terminal";
import { VclustersPage } from "../../pages/vclusters";

test("the palette finds, goes and does, by keyboard alone", async ({ home, accessible }) => {
  test.setTimeout(120_000);
  const vclusters = new VclustersPage(home);
  await vclusters.order("keyed", 1);
  await (await vclusters.visit("keyed")).becomes("running");
  const address = new URL(home.url()).pathname;
  await vclusters.open();
  await hydrated(home);
  const field = home.getByRole("combobox", { name: "Search or run a command" });
  const options = home.getByRole("listbox").getByRole("option");

  await test.step("it opens with Ctrl-K, and the field has the focus", async () => {
    await home.keyboard.press("Control+k");
    await expect(field).toBeFocused();
    await accessible(home);
  });
  await test.step("a few letters are enough, and the field points to what is chosen", async () => {
    await home.keyboard.type("tn0 keyed");
    await expect(options.first()).toHaveText(/Terminal on node-0 of keyed/);
    await expect(options.first()).toHaveAttribute("aria-selected", "true");
    await expect(field).toHaveAttribute("aria-activedescendant", (await options.first().getAttribute("id")) as string);
  });
  await test.step("what fits nothing says so", async () => {
    await field.fill("qqqq");
    await expect(home.getByText("No command matches “qqqq”.")).toBeVisible();
  });
  await test.step("arrows choose around the ends, Enter goes there", async () => {
    await field.fill("keyed");
    await expect(options.first()).toHaveText(/^keyed/);
    await home.keyboard.press("ArrowUp");
    await expect(options.last()).toHaveAttribute("aria-selected", "true");
    await home.keyboard.press("ArrowDown");
    await home.keyboard.press("Enter");
    await expect(home).toHaveURL(new RegExp(`${address}$`));
    await expect(home.getByRole("dialog")).toHaveCount(0);
  });
  await test.step("it opens however soon after it has led to a page whose code comes only then", async () => {
    for (const [words, path] of [["help", "/help"], ["profile", "/profile"], ["apps of keyed", `${address}/apps`], ["vclusters", "/"], ["keyed", address]] as const) {
      await home.keyboard.press("Control+k");
      await expect(field).toBeFocused();
      await home.keyboard.type(words);
      await home.keyboard.press("Enter");
      await expect(home).toHaveURL(new RegExp(`:\\d+${path}$`));
    }
  });
  await test.step("it does what it says: the theme, then Stop", async () => {
    await home.keyboard.press("Control+k");
    await expect(field).toBeFocused();
    await home.keyboard.type("theme dark");
    await home.keyboard.press("Enter");
    await expect(home.locator("html")).toHaveAttribute("data-theme", "dark");
    await home.keyboard.press("/");
    await expect(field).toBeFocused();
    await home.keyboard.type("stop keyed");
    await home.keyboard.press("Enter");
    await expect(home.locator(".page-head .tag")).toHaveText("stopped", { timeout: 60_000 });
  });
});

test("shortcuts go places, the sheet shows them, and neither comes in the way of typing", async ({ home, accessible }) => {
  test.setTimeout(120_000);
  await test.step("the sheet", async () => {
    await home.keyboard.press("?");
    await expect(home.getByRole("dialog", { name: "Keyboard shortcuts" })).toContainText("New vcluster");
    await accessible(home);
    await home.keyboard.press("n");
    await expect(home, "a dialog in front has the keys to itself").toHaveURL(/\/$/);
    await home.keyboard.press("Escape");
    await expect(home.getByRole("dialog")).toHaveCount(0);
  });
  await test.step("pairs of keys", async () => {
    for (const [second, path] of [["t", "/terminals"], ["?", "/help"], ["p", "/profile"], ["h", "/"]] as const) {
      await home.keyboard.press("g");
      await home.keyboard.press(second);
      await expect(home).toHaveURL(new RegExp(`:\\d+${path}$`.replace("?", "\\?")));
    }
  });
  await test.step("in a field, keys are text", async () => {
    await home.keyboard.press("n");
    const name = home.getByRole("textbox", { name: "Name" });
    await expect(name).toBeFocused();
    await name.fill("");
    await home.keyboard.type("n?/gh");
    await expect(name).toHaveValue("n?/gh");
    await expect(home).toHaveURL(/\/vclusters\/new$/);
    await home.keyboard.press("Escape");
  });
  await test.step("in a terminal, too, and Ctrl-K is the shell's", async () => {
    await new VclustersPage(home).order("typed", 1);
    const terminals = new TerminalPanel(home);
    await terminals.ready();
    await terminals.type("echo n?gh/");
    await home.keyboard.press("Control+k");
    await expect(home.getByRole("dialog")).toHaveCount(0);
    await terminals.shows("echo n?gh/");
    expect(new URL(home.url()).pathname).toMatch(/^\/vclusters\/[0-9a-f-]+$/);
  });
});
