// One vcluster's page while something happens in it: tabs, charts that move, apps that come and go, who did what.
import { expect, hydrated, test } from "../../fixtures/test";
import { VclusterPage } from "../../pages/vcluster";
import { VclustersPage } from "../../pages/vclusters";

test.describe.configure({ mode: "serial" });

let address: string;

test.beforeEach(async ({ home }) => {
  const vclusters = new VclustersPage(home);
  if (address === undefined) {
    await vclusters.order("inside", 1);
    await (await vclusters.visit("inside")).becomes("running");
    address = new URL(home.url()).pathname;
  }
  await home.goto(address);
  await hydrated(home);
});

/** The percents in the node's CPU cell. */
async function cpuOf(vcluster: VclusterPage, node: string): Promise<number> {
  const text = await vcluster.node(node).locator(".node-cpu").textContent();
  return Number(/(\d+)\s*%/.exec(text ?? "")?.[1] ?? Number.NaN);
}

test("tabs have addresses of their own, and the terminal goes on under all of them", async ({ home }) => {
  const vcluster = new VclusterPage(home, "inside");
  await home.getByRole("link", { name: "Terminal on node-0" }).click();
  await vcluster.terminals.ready();
  await vcluster.terminals.run("clear; echo still-here");
  const tabs = home.getByRole("navigation", { name: "Parts of inside" });
  for (const [tab, path] of [["Apps", "/apps"], ["Activity", "/activity"], ["Overview", ""]] as const) {
    await tabs.getByRole("link", { name: new RegExp(`^${tab}`) }).click();
    await expect(home).toHaveURL(new RegExp(`${address}${path}$`));
    await expect(tabs.getByRole("link", { name: new RegExp(`^${tab}`) })).toHaveAttribute("aria-current", "page");
    await vcluster.terminals.shows("still-here");
  }
  await home.goBack();
  await expect(home).toHaveURL(new RegExp(`${address}/activity$`));
});

test("a busy loop moves the numbers and both charts, and its end moves them back", async ({ home }) => {
  test.setTimeout(120_000);
  const vcluster = new VclusterPage(home, "inside");
  await home.getByRole("link", { name: "Terminal on node-0" }).click();
  await vcluster.terminals.ready();
  await expect.poll(() => cpuOf(vcluster, "node-0"), { timeout: 30_000 }).toBeLessThan(20);
  const line = home.locator(".chart-line").first();
  const before = await line.getAttribute("d");
  await vcluster.terminals.run("clear; timeout 60 sh -c 'while :; do :; done'");
  await expect.poll(() => cpuOf(vcluster, "node-0"), { timeout: 30_000 }).toBeGreaterThan(25);
  expect(await line.getAttribute("d")).not.toBe(before);
  await expect(home.getByRole("slider", { name: "CPU over time" })).toHaveAttribute("aria-valuetext", /of 0.5 CPU/);
  await vcluster.terminals.focus();
  await home.keyboard.press("Control+C");
  await expect.poll(() => cpuOf(vcluster, "node-0"), { timeout: 30_000 }).toBeLessThan(20);
});

test("a chart is read by keyboard, and as a table", async ({ home }) => {
  const chart = home.getByRole("slider", { name: "Memory over time" });
  await expect(chart).toHaveAttribute("aria-valuetext", /of 512 MiB/, { timeout: 20_000 });
  await chart.focus();
  await home.keyboard.press("ArrowLeft");
  await expect(chart).toHaveAttribute("aria-valuetext", /MiB · 2 s ago/);
  await home.keyboard.press("Home");
  await expect(chart).toHaveAttribute("aria-valuetext", /5 min ago/);
  await home.keyboard.press("Escape");
  await expect(chart).toHaveAttribute("aria-valuetext", /of 512 MiB/);
  await home.getByText("As a table").click();
  await expect(home.getByRole("row", { name: /^now .* MiB$/ })).toBeVisible();
});

test("an app appears when something listens and vanishes when it ends", async ({ home }) => {
  test.setTimeout(120_000);
  const vcluster = new VclusterPage(home, "inside");
  await home.getByRole("link", { name: "Terminal on node-0" }).click();
  await vcluster.terminals.ready();
  await home.getByRole("navigation", { name: "Parts of inside" }).getByRole("link", { name: /^Apps/ }).click();
  const apps = home.getByRole("list", { name: "Apps of inside" });
  await expect(apps.getByRole("listitem").first()).toContainText("JupyterLab");
  await vcluster.terminals.run("clear; python3 -m http.server 8123");
  const app = apps.getByRole("listitem").filter({ hasText: "node-0:8123" });
  await expect(app).toContainText("ready", { timeout: 15_000 });
  await expect(app).toContainText("python3");
  const open = app.getByRole("link", { name: /^Open python3/ });
  await expect(open).toHaveAttribute("href", /^http:\/\/[a-z2-7]{10}\./);
  await expect(open).toHaveAttribute("rel", /noopener/);
  await expect(open).toHaveAttribute("target", "_blank");

  await test.step("named, pinned, switched off and on", async () => {
    await app.getByRole("button", { name: /^More actions for/ }).click();
    await app.getByRole("textbox", { name: /^Name of/ }).fill("My files");
    await app.getByRole("button", { name: "Save" }).click();
    await expect(app).toContainText("My files");
    await app.getByRole("button", { name: "More actions for My files" }).click();
    await app.getByRole("button", { name: /^Pin/ }).click();
    await app.getByRole("button", { name: "More actions for My files" }).click();
    await app.getByRole("button", { name: /^Switch off/ }).click();
    await expect(app).toContainText("switched off");
    await expect(app.getByRole("link", { name: /^Open/ })).toHaveCount(0);
    await app.getByRole("button", { name: "More actions for My files" }).click();
    await app.getByRole("button", { name: /^Switch on/ }).click();
    await expect(app).toContainText("ready");
  });

  await test.step("it ends: what somebody pinned or named stays, and goes once it is neither", async () => {
    await vcluster.terminals.focus();
    await home.keyboard.press("Control+C");
    await expect(app).toContainText("nothing listens", { timeout: 15_000 });
    await app.getByRole("button", { name: "More actions for My files" }).click();
    await app.getByRole("button", { name: /^Unpin/ }).click();
    await expect(app.locator(".app-pinned")).toBeHidden();
    await app.getByRole("button", { name: "More actions for My files" }).click();
    await app.getByRole("textbox", { name: /^Name of/ }).fill("");
    await app.getByRole("button", { name: "Save" }).click();
    await expect(app).toHaveCount(0, { timeout: 15_000 });
  });
});

test("a port is published before anything listens, and a wrong one is said beside the field", async ({ home, expected }) => {
  // The browser itself logs the refusal.
  expected.push(/status of 422/);
  await home.goto(`${address}/apps`);
  await hydrated(home);
  await home.getByText("Publish a port").click();
  await home.getByRole("textbox", { name: "Port" }).fill("70000");
  await home.getByRole("button", { name: "Publish", exact: true }).click();
  await expect(home.getByRole("textbox", { name: "Port" })).toHaveAttribute("aria-invalid", "true");
  await home.getByRole("textbox", { name: "Port" }).fill("8200");
  await home.getByRole("textbox", { name: /^Name \(optional\)/ }).fill("Later");
  await home.getByRole("button", { name: "Publish", exact: true }).click();
  const app = home.getByRole("list", { name: "Apps of inside" }).getByRole("listitem").filter({ hasText: "node-0:8200" });
  await expect(app).toContainText("Later");
  await expect(app).toContainText("nothing listens");
});

test("activity names who stopped it and how long that took; the list shows use and offers Start", async ({ home }) => {
  test.setTimeout(120_000);
  const vcluster = new VclusterPage(home, "inside");
  await test.step("the list shows what it uses", async () => {
    await home.goto("/");
    const row = home.getByRole("list", { name: "vclusters" }).getByRole("listitem").filter({ hasText: "inside" });
    await expect(row).toContainText(/CPU \d+ %/, { timeout: 20_000 });
    await expect(row).toContainText("/ 512 MiB");
    await expect(row.locator(".sparkline-line")).toHaveAttribute("d", /M/);
    await expect(row.getByRole("link", { name: /^Jupyter of inside/ })).toHaveAttribute("rel", /noopener/);
  });
  await home.goto(`${address}/activity`);
  await hydrated(home);
  await vcluster.press("Stop");
  await vcluster.becomes("stopped");
  const latest = home.getByRole("region", { name: "Activity of inside" }).getByRole("row").nth(1);
  await expect(latest).toContainText("Stopped");
  await expect(latest).toContainText("ada");
  await expect(latest).toContainText(/\d+(\.\d)? s/);
  await home.goto("/");
  const row = home.getByRole("list", { name: "vclusters" }).getByRole("listitem").filter({ hasText: "inside" });
  await expect(row.getByRole("button", { name: "Start inside" })).toBeVisible();
  await expect(row.getByRole("link", { name: /^JupyterLab/ })).toHaveCount(0);
});
