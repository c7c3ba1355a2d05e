// Letting in a command line: it shows a code, and the person approves or denies it, with and without JavaScript.
import { type Dockletd } from "../../fixtures/dockletd";
import { expect, hydrated, test } from "../../fixtures/test";
import { ProfilePage } from "../../pages/people";

type Begun = { device_code: string; user_code: string; verification_uri_complete: string };

async function post(dockletd: Dockletd, path: string, body: object): Promise<Response> {
  return fetch(`${dockletd.url}/api/v1${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}

/** As `docklet login` begins. */
async function begin(dockletd: Dockletd, name: string, scope?: string): Promise<Begun> {
  const answer = await post(dockletd, "/device", { name, scope });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Begun;
}

test("a typed code is approved, and the command line is signed in", async ({ home, dockletd, accessible, javaScriptEnabled }) => {
  const scripted = javaScriptEnabled !== false;
  const name = scripted ? "hera" : "zeus";
  const begun = await begin(dockletd, name, "read ssh");
  await home.goto("/device");
  if (scripted) await hydrated(home);
  await home.getByLabel("Code").fill("BBBB-BBBB");
  await home.getByRole("button", { name: "Continue" }).click();
  await expect(home.getByRole("alert").first()).toContainText("has expired");
  await home.getByLabel("Code").fill(begun.user_code.toLowerCase().replace("-", ""));
  await home.getByRole("button", { name: "Continue" }).click();
  await expect(home.locator(".facts")).toContainText(name);
  await expect(home.getByText("Only approve if you started this yourself")).toBeVisible();
  if (scripted) await accessible(home);
  const box = (label: string) => home.getByRole("checkbox", { name: label });
  await expect(box("Look")).toBeChecked();
  await expect(box("Look")).toBeDisabled();
  await expect(box("Reach into nodes")).toBeChecked();
  await expect(box("Change vclusters")).not.toBeChecked();
  await expect(box("Administer")).toHaveCount(0);
  // The person gives something else than was asked for.
  await box("Reach into nodes").uncheck();
  await box("Change vclusters").check();
  await home.getByRole("radio", { name: "7 days" }).check({ force: true });
  await home.getByRole("button", { name: "Approve" }).click();
  await expect(home.getByText("You can close this page")).toBeVisible();
  const granted = (await (await post(dockletd, "/device/token", { device_code: begun.device_code })).json()) as { token: string; scope: string };
  expect(granted.scope).toBe("read vclusters");
  const session = await fetch(`${dockletd.url}/api/v1/session`, { headers: { authorization: `Bearer ${granted.token}` } });
  expect(await session.json()).toMatchObject({ name: "ada", scopes: ["read", "vclusters"] });
  const profile = new ProfilePage(home);
  await profile.open(scripted);
  await expect(profile.token(name)).toContainText("may read vclusters");
});

test("the address with the code leads through the sign-in, and denying ends it", async ({ page, dockletd, javaScriptEnabled }) => {
  const scripted = javaScriptEnabled !== false;
  const begun = await begin(dockletd, "athena");
  await page.goto(begun.verification_uri_complete);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  if (scripted) await hydrated(page);
  await page.getByLabel("User name").fill("ada");
  await page.getByLabel("Password").fill("correct horse battery");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.locator(".facts")).toContainText("athena");
  await page.getByRole("button", { name: "Deny" }).click();
  await expect(page.getByText("The command line was not signed in.")).toBeVisible();
  const answer = await post(dockletd, "/device/token", { device_code: begun.device_code });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({ code: "access_denied" });
});

// The browser itself logs the answer about a code that is none.
test.use({ expected: [/status of 400/] });
