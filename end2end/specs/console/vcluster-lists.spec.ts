// The lists of a vcluster's page, as the server renders them: here they are complete without any script.
import { expect, test } from "../../fixtures/test";
import { until } from "../../fixtures/dockletd";
import { VclustersPage } from "../../pages/vclusters";

test("figures, apps and activity are on the page as it comes, and forms change apps", async ({ home, javaScriptEnabled }) => {
  test.setTimeout(120_000);
  const scripted = javaScriptEnabled !== false;
  const name = scripted ? "listed" : "plainly";
  const vclusters = new VclustersPage(home);
  await vclusters.order(name, 1);
  const vcluster = await vclusters.visit(name);
  await (scripted ? vcluster.becomes("running") : vcluster.becomesOnReload("running"));
  const address = new URL(home.url()).pathname;

  await test.step("what its node uses", async () => {
    await until("a figure", 60, async () => {
      await home.goto(address);
      return /\d+ %/.test((await vcluster.node("node-0").locator(".node-cpu").textContent()) ?? "") || undefined;
    });
    await expect(vcluster.node("node-0")).toContainText("/ 512 MiB");
  });

  await test.step("apps: JupyterLab first, and a port that is published by a form", async () => {
    await home.goto(`${address}/apps`);
    const apps = home.getByRole("list", { name: `Apps of ${name}` }).getByRole("listitem");
    await expect(apps.first()).toContainText("JupyterLab");
    await home.getByText("Publish a port").click();
    await home.getByRole("textbox", { name: "Port" }).fill("8300");
    await home.getByRole("button", { name: "Publish", exact: true }).click();
    const app = apps.filter({ hasText: "node-0:8300" });
    await expect(app).toContainText("nothing listens");
    await app.getByRole("button", { name: /^More actions for/ }).click();
    await app.getByRole("textbox", { name: /^Name of/ }).fill("Plain");
    await app.getByRole("button", { name: "Save" }).click();
    await expect(apps.filter({ hasText: "Plain" })).toHaveCount(1);
  });

  await test.step("activity: who and what", async () => {
    await home.goto(`${address}/activity`);
    const latest = home.getByRole("region", { name: `Activity of ${name}` }).getByRole("row").nth(1);
    await expect(latest).toContainText("Created");
    await expect(latest).toContainText("ada");
  });

  await test.step("its Jupyter button leads on to an address of its own", async () => {
    await home.goto("/");
    await expect(home.getByRole("link", { name: `Jupyter of ${name}, in a new tab` })).toHaveAttribute("href", `${address}/jupyter`);
    const answer = await home.request.get(`${address}/jupyter`, { maxRedirects: 0, headers: { accept: "text/html" } });
    expect(answer.status()).toBe(302);
    expect(answer.headers()["location"]).toMatch(/^http:\/\/[a-z2-7]{10}\./);
  });

  await test.step("help", async () => {
    await home.goto("/help");
    await expect(home.getByRole("heading", { name: "First steps" })).toBeVisible();
  });
});
