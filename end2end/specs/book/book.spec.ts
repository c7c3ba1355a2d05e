// The book without a script of its own running: contents, text and turning pages.
import { expect, test } from "../../fixtures/test";

test("the book is read from its first page on, signed in or not", async ({ page }) => {
  await page.goto("/docs");
  await expect(page.getByRole("main").getByRole("heading", { name: "Docklet", level: 1 })).toBeVisible();
  await page.getByRole("navigation", { name: "Contents" }).getByRole("link", { name: "Terminals", exact: true }).click();
  await expect(page.getByRole("main").getByRole("heading", { name: "Terminals", level: 1 })).toBeVisible();
  await page.getByRole("link", { name: /^Next/ }).click();
  await expect(page.getByRole("main").getByRole("heading", { name: "Jupyter and web apps", level: 1 })).toBeVisible();
});
