// Profile and administration in both themes, wide and narrow: accessible, and a picture of each in test-results/pages.
import { expect, hydrated, test } from "../../fixtures/test";
import { ProfilePage, signInAsAdmin } from "../../pages/people";

const sizes = { wide: { width: 1280, height: 860 }, narrow: { width: 390, height: 800 } };
const pages = {
  profile: "/profile",
  "new-token": "/profile/tokens/new",
  users: "/admin/users",
  "new-user": "/admin/new-user",
  user: "/admin/users/ada",
  health: "/admin/health",
  config: "/admin/config",
};

test("profile and administration are accessible and fit in both themes and sizes", async ({ page, dockletd, accessible }) => {
  test.setTimeout(300_000);
  await signInAsAdmin(page, dockletd, true);
  const profile = new ProfilePage(page);
  await profile.open(true);
  await profile.makeToken("looks");
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const [size, viewport] of Object.entries(sizes)) {
      await page.setViewportSize(viewport);
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(path);
        await hydrated(page);
        await page.screenshot({ path: `test-results/pages/${name}-${colorScheme}-${size}.png` });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(overflow, `${name} must not scroll sideways at ${viewport.width} px`).toBeLessThanOrEqual(0);
        await accessible(page);
      }
    }
  }
});

test("a session that is ended elsewhere closes what it has open at once", async ({ page, browser, dockletd }) => {
  await signInAsAdmin(page, dockletd, true);
  const other = await browser.newContext({ baseURL: dockletd.url, userAgent: "Mozilla/5.0 (Windows NT 10.0) Firefox/128.0" });
  const elsewhere = await other.newPage();
  await elsewhere.goto("/sign-in");
  await hydrated(elsewhere);
  await elsewhere.getByLabel("User name").fill("admin");
  await elsewhere.getByLabel("Password", { exact: true }).fill("an administrator's battery");
  await elsewhere.getByRole("button", { name: "Sign in" }).click();
  await expect(elsewhere.getByRole("heading", { name: "vclusters", level: 1 })).toBeVisible();
  const profile = new ProfilePage(page);
  await profile.open(true);
  await page.getByRole("button", { name: "Sign out everywhere else" }).click();
  await page.getByRole("button", { name: "Sign out all others now" }).click();
  // Its event stream ends, and the page goes to sign-in by itself.
  await expect(elsewhere).toHaveURL(/\/sign-in/, { timeout: 10_000 });
  await expect(profile.session("Firefox on Windows")).toHaveCount(0);
  await other.close();
});
