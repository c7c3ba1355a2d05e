// Signing in and out, with and without JavaScript.
import { expect, test } from "../../fixtures/test";

test.describe("signing in", () => {
  // The browser itself logs an answer of 401.
  test.use({ expected: [/status of 401/] });

  test("a wrong password says so and keeps the name", async ({ page }) => {
    await page.goto("/sign-in");
    await page.getByLabel("User name").fill("ada");
    await page.getByLabel("Password").fill("wrong");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("alert")).toContainText("wrong");
  });
});

test("a page asks for sign-in first and comes back to itself", async ({ page }) => {
  await page.goto("/vclusters/new");
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await page.getByLabel("User name").fill("ada");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/vclusters\/new$/);
});

test("signing out ends the session", async ({ home }) => {
  await home.getByRole("navigation", { name: "Main", exact: true }).getByRole("button", { name: /^Account: ada/ }).click();
  await home.getByRole("button", { name: /^Sign out/ }).click();
  await expect(home.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await home.goto("/");
  await expect(home).toHaveURL(/\/sign-in/);
});
