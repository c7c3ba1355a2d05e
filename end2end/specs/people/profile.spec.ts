// One's own account by forms alone: everything here works before WASM has loaded.
import { expect, test } from "../../fixtures/test";
import { ProfilePage, signIn, signInAsAdmin } from "../../pages/people";

const PASSWORD = "correct horse battery";

test("a token is made, shown once, works, and is revoked", async ({ home, dockletd, javaScriptEnabled }) => {
  const scripted = javaScriptEnabled !== false;
  const name = scripted ? "scripted" : "plain";
  const profile = new ProfilePage(home);
  await profile.open(scripted);
  const token = await profile.makeToken(name, ["Reach into nodes"]);
  const ask = () => fetch(`${dockletd.url}/api/v1/session`, { headers: { authorization: `Bearer ${token}` } });
  expect(await (await ask()).json()).toMatchObject({ scopes: ["read", "vclusters"] });
  // The page that showed it does not show it again.
  await home.goto(home.url());
  await expect(home.getByText(token)).toHaveCount(0);
  await expect(home.locator(`input[value="${token}"]`)).toHaveCount(0);
  await profile.open(scripted);
  await expect(profile.token(name)).toContainText("may read vclusters");
  await profile.token(name).getByRole("button", { name: `Revoke ${name}` }).click();
  await expect(home.getByText(`Requests with ${name} are refused from now on`)).toBeVisible();
  await home.getByRole("button", { name: `Revoke ${name} now` }).click();
  await expect(profile.token(name)).toContainText("revoked");
  expect((await ask()).status).toBe(401);
});

test("administrators alone are offered a token for what they do, and docklet's line has this address", async ({ home, page, dockletd, javaScriptEnabled }) => {
  const scripted = javaScriptEnabled !== false;
  const profile = new ProfilePage(home);
  await profile.open(scripted);
  const line = home.getByLabel("Install it and sign in");
  await expect(line).toHaveValue(new RegExp(`^curl .* ${dockletd.url}/download/docklet-linux-\\$\\(uname -m\\) .* login ${dockletd.url}$`));
  const download = await home.request.get("/download", { maxRedirects: 0 });
  expect(download.headers()["location"]).toBe("/docs/guide/cli/sign-in.html");
  await home.goto("/profile/tokens/new");
  await expect(home.getByRole("checkbox", { name: "Change vclusters" })).toBeChecked();
  await expect(home.getByRole("checkbox", { name: "Administer" })).toHaveCount(0);
  // A page that is open would ask on, and be refused.
  await home.goto("about:blank");
  await home.context().clearCookies();
  await signInAsAdmin(page, dockletd, scripted);
  await page.goto("/profile/tokens/new");
  await expect(page.getByRole("checkbox", { name: "Administer" })).not.toBeChecked();
});

test("another browser is seen and signed out", async ({ home, browser, dockletd, javaScriptEnabled }) => {
  const scripted = javaScriptEnabled !== false;
  const other = await browser.newContext({ baseURL: dockletd.url, javaScriptEnabled: false, userAgent: "Mozilla/5.0 (Windows NT 10.0) Firefox/128.0" });
  const elsewhere = await other.newPage();
  await signIn(elsewhere, "ada", PASSWORD, false);
  const profile = new ProfilePage(home);
  await profile.open(scripted);
  await expect(profile.session("this browser")).toHaveCount(1);
  await profile.session("Firefox on Windows").first().getByRole("button", { name: "Sign out Firefox on Windows" }).click();
  await expect(home.getByText("Firefox on Windows is signed out")).toBeVisible();
  await home.getByRole("button", { name: "Sign out now" }).click();
  await expect(profile.session("Firefox on Windows")).toHaveCount(0);
  await elsewhere.goto("/profile");
  await expect(elsewhere).toHaveURL(/\/sign-in/);
  await other.close();
});

test("a password is changed by whoever knows the present one", async ({ page, dockletd, javaScriptEnabled }) => {
  const scripted = javaScriptEnabled !== false;
  const name = scripted ? "carol" : "dave";
  dockletd.cli(["user", "add", name, "--password-stdin"], PASSWORD);
  await signIn(page, name, PASSWORD, scripted);
  const profile = new ProfilePage(page);
  await profile.open(scripted);
  await profile.changePassword("wrong", "another horse battery");
  await expect(page.getByText("is not your current password").first()).toBeVisible();
  await profile.changePassword(PASSWORD, "another horse battery", "a third horse battery");
  await expect(page.getByText("is not the same as the new password")).toBeVisible();
  await profile.changePassword(PASSWORD, "another horse battery");
  await expect(page.getByText("Your password is changed.", { exact: false })).toBeVisible();
  await page.context().clearCookies();
  await signIn(page, name, "another horse battery", scripted);
});

test.use({ expected: [/status of 422/] });
