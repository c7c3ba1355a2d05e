// A way into the account is added only after confirming the sign-in: with the password, and at a provider. With and
// without JavaScript.
import { type Page } from "@playwright/test";

import { testWithProvider } from "../../fixtures/provider";
import { expect, hydrated } from "../../fixtures/test";
import { section, signIn } from "../../pages/people";

const PASSWORD = "correct horse battery";
// Long enough for a form on a busy machine, and short enough to wait for.
const FRESH = "12s";

const test = testWithProvider({ DOCKLET_SIGN_IN_FRESH: FRESH });

/** Opens the dialog of a new token until the sign-in is not fresh any more, and it asks. */
async function asks(page: Page, scripted: boolean): Promise<void> {
  await expect(async () => {
    await page.goto("/profile/tokens/new");
    await expect(page.getByRole("dialog")).toContainText("API tokens and identities give access to your account", { timeout: 500 });
  }).toPass({ timeout: 60_000 });
  if (scripted) await hydrated(page);
}

async function makesToken(page: Page): Promise<void> {
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Token name").fill("thesis");
  await dialog.getByRole("button", { name: "Create token" }).click();
  await expect(page.getByLabel("Your token")).toHaveValue(/^dkl_/);
}

test.describe("with a password", () => {
  // The browser itself logs the answer to a wrong password.
  test.use({ expected: [/status of 422/] });

  test("a new token asks for it once, in its own dialog", async ({ page, dockletd, accessible, javaScriptEnabled }) => {
    const scripted = javaScriptEnabled !== false;
    const name = scripted ? "ivy" : "jack";
    dockletd.cli(["user", "add", name, "--password-stdin"], PASSWORD);
    await signIn(page, name, PASSWORD, scripted);
    await asks(page, scripted);
    if (scripted) await accessible(page);
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Password", { exact: true }).fill("wrong");
    await dialog.getByRole("button", { name: "Confirm" }).click();
    await expect(dialog.getByText("is not your current password")).toBeVisible();
    await dialog.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await dialog.getByRole("button", { name: "Confirm" }).click();
    await makesToken(page);
  });

  test("linking an identity leads to a page that asks, and back to the profile", async ({ page, dockletd, accessible, javaScriptEnabled }) => {
    const scripted = javaScriptEnabled !== false;
    const name = scripted ? "kay" : "leo";
    dockletd.cli(["user", "add", name, "--password-stdin"], PASSWORD);
    await signIn(page, name, PASSWORD, scripted);
    await asks(page, scripted);
    await page.goto("/profile");
    if (scripted) await hydrated(page);
    await section(page, "Identities").getByRole("button", { name: "Link Lab" }).click();
    await expect(page.getByRole("heading", { name: "Confirm that it is you" })).toBeVisible();
    if (scripted) await hydrated(page);
    if (scripted) await accessible(page);
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: "Confirm" }).click();
    await expect(page).toHaveURL(/\/profile$/);
    await section(page, "Identities").getByRole("button", { name: "Link Lab" }).click();
    await expect(page.getByText("For trial only.")).toBeVisible();
  });
});

test("a person of a provider shows it there who they are, though they are signed in there", async ({ page, javaScriptEnabled }) => {
  const scripted = javaScriptEnabled !== false;
  const enter = async () => {
    await page.getByLabel("User name").fill("grace");
    await page.getByLabel("Password").fill("grace-trial");
    await page.getByRole("button", { name: "Sign in" }).click();
  };
  await page.goto("/sign-in?next=/profile");
  if (scripted) await hydrated(page);
  await page.getByRole("link", { name: "Sign in with Lab" }).click();
  await enter();
  await expect(page).toHaveURL(/\/profile$/);
  await asks(page, scripted);
  await expect(page.getByRole("dialog").getByLabel("Password", { exact: true }), "there is none here").toHaveCount(0);
  await page.getByRole("link", { name: "Confirm with Lab" }).click();
  await enter();
  await expect(page).toHaveURL(/\/profile\/tokens\/new$/);
  if (scripted) await hydrated(page);
  await makesToken(page);
});
