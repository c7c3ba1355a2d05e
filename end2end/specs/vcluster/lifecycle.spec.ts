// A vcluster from order to delete by forms alone: everything here works before WASM has loaded.
import { expect, test } from "../../fixtures/test";
import { VclustersPage } from "../../pages/vclusters";

test("a vcluster is made, chosen to stay down after a restart of its host, stopped, started and deleted", async ({ home, javaScriptEnabled, dockletd }) => {
  const name = javaScriptEnabled === false ? "plain" : "scripted";
  const vclusters = new VclustersPage(home);
  await vclusters.order(name, 1);
  await expect(home.getByText(name).first()).toBeVisible();
  const vcluster = await vclusters.visit(name);
  const becomes = (state: string) => (javaScriptEnabled === false ? vcluster.becomesOnReload(state) : vcluster.becomes(state));

  await becomes("running");
  const facts = home.locator("dl.facts");
  await expect(facts, "as the order form had it").toContainText("runs again by itself");
  await facts.getByRole("button", { name: "Let it stay down" }).click();
  await expect(facts).toContainText("stays down");
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
