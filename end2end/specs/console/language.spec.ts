// The language: asked for by the browser, or chosen, with and without JavaScript.
import { expect, test } from "../../fixtures/test";

test.describe("a browser that asks for German", () => {
  test.use({ locale: "de-DE" });

  test("gets German at its first visit", async ({ page }) => {
    const answer = await page.goto("/sign-in");
    expect(await answer?.text()).toContain('lang="de"');
    await expect(page.getByRole("heading", { name: "Anmelden" })).toBeVisible();
    await expect(page).toHaveTitle("Anmelden · Docklet");
    await expect(page.getByLabel("Benutzername")).toBeVisible();
  });

  test("gets English once it was chosen, and on the pages behind the sign-in", async ({ page }) => {
    await page.goto("/sign-in");
    await page.getByRole("button", { name: "English" }).click();
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await page.getByLabel("User name").fill("ada");
    await page.getByLabel("Password").fill("correct horse battery");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("link", { name: "New vcluster" }).first()).toBeVisible();
    await expect(page.locator("html")).toHaveAttribute("lang", "en");
  });

  test.describe("at a page that is not there", () => {
    test.use({ expected: [/status of 40[14]/] });

    test("is told so in German", async ({ page }) => {
      await page.goto("/sign-in");
      await page.getByLabel("Benutzername").fill("ada");
      await page.getByLabel("Passwort").fill("wrong");
      await page.getByRole("button", { name: "Anmelden" }).click();
      await expect(page.getByRole("alert")).toContainText("Benutzername oder Passwort ist falsch.");
      await page.goto("/nowhere");
      await expect(page.getByRole("heading", { level: 1 })).toHaveText("Nicht gefunden");
    });
  });
});

test("the language is chosen in the account menu and stays where one is", async ({ home }) => {
  await home.goto("/terminals");
  const open = (name: RegExp) => home.getByRole("navigation", { name: /^(Main|Hauptmenü)$/ }).getByRole("button", { name }).click();
  await open(/^Account: ada/);
  await home.locator("#account").getByRole("button", { name: "Deutsch" }).click();
  await expect(home.locator("html")).toHaveAttribute("lang", "de");
  await expect(home).toHaveURL(/\/terminals\??$/);
  await expect(home.getByText("Kein Knoten läuft")).toBeVisible();
  await open(/^Konto: ada/);
  await expect(home.locator("#account").getByRole("button", { name: "Deutsch" })).toHaveAttribute("aria-pressed", "true");
  await home.locator("#account").getByRole("button", { name: "English" }).click();
  await expect(home.getByText("No node is running")).toBeVisible();
});
