// Every page in both themes, wide and narrow: accessible, and a picture of each in test-results/pages to look at.
import { expect, hydrated, test } from "../../fixtures/test";
import { VclustersPage } from "../../pages/vclusters";

const sizes = { wide: { width: 1280, height: 860 }, narrow: { width: 390, height: 800 } };

test("pages are accessible and fit in both themes and sizes", async ({ home, accessible }) => {
  test.setTimeout(240_000);
  const vclusters = new VclustersPage(home);
  await vclusters.order("looks", 2);
  const vcluster = await vclusters.visit("looks");
  await vcluster.becomes("running");
  const address = home.url().split("?")[0] as string;
  for (const colorScheme of ["light", "dark"] as const) {
    await home.emulateMedia({ colorScheme });
    for (const [size, viewport] of Object.entries(sizes)) {
      await home.setViewportSize(viewport);
      for (const [name, path] of Object.entries({ list: "/", order: "/vclusters/new", vcluster: address, terminals: `${address}/terminals` })) {
        await home.goto(path);
        await hydrated(home);
        await expect(home.locator("h1").first()).toBeAttached();
        await home.screenshot({ path: `test-results/pages/${name}-${colorScheme}-${size}.png` });
        const overflow = await home.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(overflow, `${name} must not scroll sideways at ${viewport.width} px`).toBeLessThanOrEqual(0);
        await accessible(home);
      }
    }
  }
});
