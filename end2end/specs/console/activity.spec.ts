// The activity of all vclusters on a page of its own, as the server renders it: here it is complete without any script.
import { until } from "../../fixtures/dockletd";
import { expect, hydrated, test } from "../../fixtures/test";
import { VclustersPage } from "../../pages/vclusters";

test("what was done with all vclusters is on one page, also of one that is deleted", async ({ home, javaScriptEnabled }) => {
  const name = javaScriptEnabled === false ? "past-plain" : "past";
  const vclusters = new VclustersPage(home);
  await vclusters.order(name, 1);
  const vcluster = await vclusters.visit(name);
  const becomes = (state: string) => (javaScriptEnabled === false ? vcluster.becomesOnReload(state) : vcluster.becomes(state));
  await becomes("running");
  const id = vcluster.id;

  await test.step("what is opened is told with from where and by what, in both languages", async () => {
    const origin = new URL(home.url()).origin;
    const terminals = `/api/v1/vclusters/${id}/nodes/node-0/terminals`;
    const opened = await home.request.post(terminals, { headers: { origin }, data: {} });
    expect(opened.status()).toBe(201);
    await until("the opening to be told", 20, async () => {
      const { items } = await (await home.request.get(`/api/v1/vclusters/${id}/activity`)).json();
      return items[0].kind === "opened" || undefined;
    });
    const show = async (path: string) => {
      await home.goto(path);
      if (javaScriptEnabled !== false) await hydrated(home);
    };
    const entry = home.locator(".activity tbody tr").first();
    await show(`/vclusters/${id}/activity`);
    await expect(entry).toContainText("Terminal on node-0");
    await expect(entry).toContainText("from 127.0.0.1 in a browser");
    await expect(entry).toContainText("ada");
    const speak = (value: string) => home.context().addCookies([{ name: "docklet_lang", value, url: origin }]);
    await speak("de");
    await show(`/vclusters/${id}/activity`);
    await expect(entry).toContainText("Terminal auf node-0");
    await expect(entry).toContainText("von 127.0.0.1 in einem Browser");
    await speak("en");
    await show(`/vclusters/${id}`);
  });

  await vcluster.press("Stop");
  await becomes("stopped");
  const newest = home.getByRole("region", { name: "Activity of all vclusters" }).getByRole("row").nth(1);

  await test.step("the account menu leads there", async () => {
    await home.getByRole("navigation", { name: "Main", exact: true }).getByRole("button", { name: /^Account: ada/ }).click();
    await home.locator("#account").getByRole("link", { name: /^Activity/ }).click();
    await expect(home).toHaveURL(/\/activity$/);
    await expect(home.getByRole("heading", { name: "Activity", level: 1 })).toBeVisible();
    await expect(newest).toContainText("Stopped");
    await expect(newest).toContainText("ada");
    await expect(newest.getByRole("link", { name, exact: true })).toHaveAttribute("href", `/vclusters/${id}`);
  });

  await test.step("a page begins behind an action, and a link leads to the newest", async () => {
    const { next } = await (await home.request.get("/api/v1/activity?limit=1")).json();
    await home.goto(`/activity?after=${next}`);
    await expect(newest).toContainText("Terminal on node-0");
    await home.getByRole("link", { name: "Newest" }).click();
    await expect(newest).toContainText("Stopped");
  });

  await test.step("a deleted one keeps its name, and is no link", async () => {
    await home.goto(`/vclusters/${id}/delete`);
    await vcluster.confirmDelete();
    await expect(async () => {
      await vclusters.open();
      await expect(home.getByRole("link", { name, exact: true })).toHaveCount(0, { timeout: 500 });
    }).toPass({ timeout: 60_000 });
    await home.goto("/activity");
    await expect(newest).toContainText(`${name} deleted`);
    await expect(newest.getByRole("link")).toHaveCount(0);
  });
});
