// What the book does with a script: it takes the console's theme, and searches.
import { expect, test } from "../../fixtures/test";

test("the book has the console's theme and is searched with the keyboard", async ({ page, baseURL }) => {
  await page.context().addCookies([{ name: "docklet_theme", value: "dark", url: baseURL ?? "" }]);
  await page.goto("/docs/");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.keyboard.press("/");
  const field = page.getByRole("combobox", { name: "Search the book" });
  await expect(field).toBeFocused();
  await field.fill("wildcard");
  await expect(page.getByRole("option").first()).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/docs\/admin\//);
  await expect(page.getByRole("main")).toContainText("ildcard");
});
