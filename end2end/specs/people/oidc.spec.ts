// Signing in through an OpenID provider and out again, with and without JavaScript.
import { testWithProvider } from "../../fixtures/provider";
import { expect, hydrated } from "../../fixtures/test";
import { signInAsAdmin } from "../../pages/people";

const test = testWithProvider();

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
  await expect(page.getByRole("region", { name: "Password" }), "there is none to be changed").toHaveCount(0);
  if (scripted) await accessible(page);

  await page.getByRole("button", { name: /^Account: grace/ }).click();
  await page.getByRole("button", { name: /^Sign out/ }).click();
  // The page in between leads on by itself; the provider asks.
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await page.getByRole("link", { name: "Sign in with Lab" }).click();
  await expect(page.getByLabel("Password"), "the provider has forgotten them, too").toBeVisible();
});

test.describe("somebody whose account has to be approved", () => {
  // The browser itself logs an answer of 403.
  test.use({ expected: [/status of 403/] });

  test("waits, and comes in when an administrator has pressed the button", async ({ page, browser, dockletd, accessible, javaScriptEnabled }) => {
    const scripted = javaScriptEnabled !== false;
    const theirs = await browser.newContext({ baseURL: dockletd.url, javaScriptEnabled });
    const ada = await theirs.newPage();
    await ada.goto("/sign-in");
    await ada.getByRole("link", { name: "Sign in with Front desk" }).click();
    await ada.getByLabel("User name").fill("ada");
    await ada.getByLabel("Password").fill("ada-trial");
    await ada.getByRole("button", { name: "Sign in" }).click();
    await expect(ada.getByRole("heading", { name: "Your account waits for approval" })).toBeVisible();

    await signInAsAdmin(page, dockletd, scripted);
    await page.goto("/admin/users");
    if (scripted) await hydrated(page);
    await expect(page.getByRole("row", { name: /^ada-2/ }), "ada is somebody with a password").toContainText("awaiting approval");
    if (scripted) await accessible(page);
    await page.getByRole("link", { name: "ada-2", exact: true }).click();
    await expect(page.getByRole("heading", { name: "ada-2", level: 1 })).toBeVisible();
    await expect(page.getByRole("definition").filter({ hasText: "ada@trial.example" }), "who it is, is said").toBeVisible();
    if (scripted) await accessible(page);
    await page.getByRole("button", { name: "Approve" }).click();
    await expect(page.getByRole("button", { name: "Approve" })).toHaveCount(0);

    await ada.getByRole("link", { name: "To the sign-in page" }).click();
    await ada.getByRole("link", { name: "Sign in with Front desk" }).click();
    await expect(ada.getByRole("heading", { name: "vclusters", level: 1 })).toBeVisible();
    await theirs.close();
  });
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
