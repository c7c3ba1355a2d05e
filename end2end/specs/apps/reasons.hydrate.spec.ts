// Pages in place of an app that will not come by waiting.
import { expect, test } from "../../fixtures/apps";

// The browser itself logs the answer of such a page.
test.use({ expected: [/status of (503|404)/] });

test("a service that cannot start says why, with the end of its log", async ({ home, rest, accessible }) => {
  const vcluster = await rest.vcluster("fails", 256);
  await rest.breakJupyter(vcluster, "the licence has ended", 8070);
  await home.goto((await rest.jupyter(vcluster)).url);
  await expect(home.getByRole("heading", { name: "JupyterLab could not start" })).toBeVisible({ timeout: 60_000 });
  await expect(home.getByText("the licence has ended").first()).toBeVisible();
  await accessible(home);
});

test("an address that is nobody's says so", async ({ page, dockletd, accessible }) => {
  await page.goto(`http://nobody.localhost:${dockletd.port}/`);
  await expect(page.getByRole("heading", { name: "There is no app here" })).toBeVisible();
  await accessible(page);
});
