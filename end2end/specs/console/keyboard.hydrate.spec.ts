// One person without a mouse: everything that matters is reached by Tab, Enter, arrows and Escape, and one sees where one is.
import type { Page } from "@playwright/test";

import { expect, hydrated, test } from "../../fixtures/test";
import { TerminalPanel } from "../../pages/terminal";
import { VclusterPage } from "../../pages/vcluster";

/** Presses Tab until the element with this accessible name has the focus; fails when it never does. */
async function tabTo(page: Page, name: RegExp, most = 60): Promise<void> {
  for (let presses = 0; presses < most; presses += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      return element?.getAttribute("aria-label") ?? (element as HTMLElement | null)?.innerText ?? "";
    });
    if (name.test(focused.trim())) return;
  }
  throw new Error(`${most} times Tab and never at ${name}`);
}

/** The focused element is drawn as such. */
async function focusShows(page: Page): Promise<void> {
  const drawn = await page.evaluate(() => {
    const style = getComputedStyle(document.activeElement as Element);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1 || style.boxShadow !== "none";
  });
  expect(drawn, "one must see where the focus is").toBe(true);
}

test("signing in by keyboard", async ({ page }) => {
  await page.goto("/sign-in");
  await hydrated(page);
  await expect(page.getByLabel("User name")).toBeFocused();
  await page.keyboard.type("ada");
  await page.keyboard.press("Tab");
  await page.keyboard.type("correct horse battery");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "vclusters", level: 1 })).toBeVisible();
});

test("the first thing at Tab leads past the bars", async ({ home }) => {
  await home.reload();
  await hydrated(home);
  await home.keyboard.press("Tab");
  await expect(home.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await focusShows(home);
  await home.keyboard.press("Enter");
  await expect(home.locator("#main")).toBeFocused();
});

test("a vcluster is ordered, its menu opened and closed, and it is deleted, all by keyboard", async ({ home, dockletd }) => {
  test.setTimeout(180_000);
  await tabTo(home, /^New vcluster$/);
  await focusShows(home);
  await home.keyboard.press("Enter");
  await expect(home.getByRole("textbox", { name: "Name" })).toBeFocused();
  await home.keyboard.press("ControlOrMeta+a");
  await home.keyboard.type("keys");
  await home.keyboard.press("Enter");
  await expect(home.getByRole("heading", { name: "keys", level: 1 })).toBeVisible({ timeout: 60_000 });
  const vcluster = new VclusterPage(home, "keys");
  await vcluster.becomes("running");
  const id = vcluster.id;

  await home.goto(`/vclusters/${id}`);
  await hydrated(home);
  await tabTo(home, /^More actions for keys$/);
  await focusShows(home);
  await home.keyboard.press("ArrowDown");
  await expect(home.locator(".page-actions .menu a, .page-actions .menu button").first()).toBeFocused();
  await home.keyboard.press("Escape");
  await expect(home.getByRole("button", { name: "More actions for keys" })).toBeFocused();
  await home.keyboard.press("ArrowDown");
  await home.keyboard.press("End");
  await home.keyboard.press("Enter");

  await expect(home.getByRole("dialog")).toBeVisible();
  await home.keyboard.press("Escape");
  await expect(home.getByRole("dialog")).toHaveCount(0);
  await home.goto(`/vclusters/${id}/delete`);
  await hydrated(home);
  // The browser itself complains where a terminal of something that is just being deleted is asked for.
  await new TerminalPanel(home).shows("#");
  await expect(home.getByRole("textbox", { name: "Name" })).toBeFocused();
  await home.keyboard.type("keys");
  await home.keyboard.press("Enter");
  await expect.poll(() => dockletd.left(id), { timeout: 60_000 }).toEqual([]);
});
