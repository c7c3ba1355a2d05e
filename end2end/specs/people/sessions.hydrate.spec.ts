// What happens on a profile page is seen in other browsers at once.
import { expect, hydrated, test } from "../../fixtures/test";
import { ProfilePage, signInAsAdmin } from "../../pages/people";

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
