// A vcluster from order to delete by forms alone: everything here works before WASM has loaded.
import { expect, test } from "../../fixtures/test";
import { VclustersPage } from "../../pages/vclusters";

test("a vcluster is made, chosen to stay down after a restart of its host, described, stopped, started and deleted", async ({ home, javaScriptEnabled, dockletd }) => {
  const name = javaScriptEnabled === false ? "plain" : "scripted";
  const vclusters = new VclustersPage(home);
  await vclusters.order(name, 1);
  await expect(home.getByText(name).first()).toBeVisible();
  const vcluster = await vclusters.visit(name);
  const becomes = (state: string) => (javaScriptEnabled === false ? vcluster.becomesOnReload(state) : vcluster.becomes(state));

  await becomes("running");
  const facts = home.locator("dl.facts");
  await expect(facts, "as the order form had it").toContainText("starts automatically");
  await facts.getByRole("button", { name: "Do not start automatically" }).click();
  await expect(facts).toContainText("stays down");
  const described = home.locator(".described");
  await described.getByText("Add a description").click();
  await described.getByLabel("Description").fill("for the thesis\nchapter 3 · 论文");
  await described.getByRole("button", { name: "Save" }).click();
  await expect(described.locator(".description")).toHaveText("for the thesis\nchapter 3 · 论文");
  await expect(described.getByText("Change the description")).toBeVisible();
  await expect(described.getByLabel("Description"), "closed again").toBeHidden();
  await described.getByText("Change the description").click();
  if (javaScriptEnabled !== false) {
    await described.getByLabel("Description").fill("not finished");
    await facts.getByRole("button", { name: "Start automatically" }).click();
    await expect(facts).toContainText("starts automatically");
    await expect(described.getByLabel("Description"), "another choice closes nothing that is being written").toHaveValue("not finished");
    await facts.getByRole("button", { name: "Do not start automatically" }).click();
    await expect(facts).toContainText("stays down");
  }
  await described.getByLabel("Description").fill("");
  await described.getByRole("button", { name: "Save" }).click();
  await expect(described.getByText("Add a description"), "taken away").toBeVisible();
  await vcluster.press("Stop");
  await becomes("stopped");
  await vcluster.press("Start");
  await becomes("running");

  const id = vcluster.id;
  expect(dockletd.left(id)).not.toEqual([]);
  await home.goto(`${home.url().split("?")[0]}/delete`);
  await vcluster.confirmDelete();
  await expect(async () => {
    await vclusters.open();
    await expect(home.getByRole("link", { name, exact: true })).toHaveCount(0, { timeout: 500 });
  }).toPass({ timeout: 60_000 });
  expect(dockletd.left(id)).toEqual([]);
});
