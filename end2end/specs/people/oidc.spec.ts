// Signing in through an OpenID provider and out again, with and without JavaScript.
import { Dockletd } from "../../fixtures/dockletd";
import { Provider } from "../../fixtures/provider";
import { expect, hydrated, test as base } from "../../fixtures/test";

const test = base.extend<object, { provider: Provider; dockletd: Dockletd }>({
  provider: [
    async ({}, use) => {
      const provider = await Provider.start();
      await use(provider);
      await provider.end();
    },
    { scope: "worker" },
  ],
  dockletd: [
    async ({ provider }, use) => {
      const dockletd = await Dockletd.start(provider.environment);
      await provider.knows(dockletd.url, "lab");
      await use(dockletd);
      await dockletd.destroy();
    },
    { scope: "worker", timeout: 120_000 },
  ],
});

test("somebody signs in through the provider, is who they are there, and signs out of both", async ({ page, accessible, javaScriptEnabled }) => {
  const scripted = javaScriptEnabled !== false;
  await page.goto("/sign-in?next=/profile");
  if (scripted) await hydrated(page);
  if (scripted) await accessible(page);
  await page.getByRole("link", { name: "Sign in with Lab" }).click();
  await page.getByLabel("User name").fill("grace");
  await page.getByLabel("Password").fill("grace-trial");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/profile$/);
  if (scripted) await hydrated(page);
  await expect(page.getByRole("heading", { name: "grace", level: 1 })).toBeVisible();
  await expect(page.getByRole("region", { name: "Identities" })).toContainText("grace@trial.example");
  if (scripted) await accessible(page);

  await page.getByRole("button", { name: /^Account: grace/ }).click();
  await page.getByRole("button", { name: /^Sign out/ }).click();
  // The page in between leads on by itself; the provider asks.
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await page.getByRole("link", { name: "Sign in with Lab" }).click();
  await expect(page.getByLabel("Password"), "the provider has forgotten them, too").toBeVisible();
});

test.describe("cancelling there", () => {
  // The browser itself logs an answer of 403.
  test.use({ expected: [/status of 403/] });

  test("leads to a page that says so and to the sign-in page", async ({ page }) => {
    await page.goto("/sign-in");
    await page.getByRole("link", { name: "Sign in with Lab" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByRole("heading", { name: "Not signed in" })).toBeVisible();
    await page.getByRole("link", { name: "To the sign-in page" }).click();
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  });
});
