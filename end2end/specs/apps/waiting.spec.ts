// Pages in place of an app that is not there yet, with JavaScript and without it.
import { expect, signIn, test } from "../../fixtures/apps";

// The browser itself logs the answer of a page that waits.
test.use({ expected: [/status of (503|404)/] });

test("a page waits for the app and opens it by itself, and a stopped vcluster is started from it", async ({ home, rest, accessible, javaScriptEnabled }) => {
  const name = `waits-${javaScriptEnabled === false ? "plainly" : "live"}`;
  const vcluster = await rest.vcluster(name, 256);
  const app = await rest.publish(vcluster, 8050, "Shop");
  const silent = home.getByRole("heading", { name: "Nothing listens on port 8050 of node-0" });
  await test.step("nothing listens, and then something does", async () => {
    await home.goto(`${app.url}some/page?x=1`);
    await expect(silent).toBeVisible();
    await expect(home.getByRole("status")).toHaveText("Waiting for a program to listen");
    if (javaScriptEnabled !== false) await accessible(home);
    await rest.serve(vcluster, 8050);
    await expect(home.getByText("GET /some/page?x=1 HTTP/1.1")).toBeVisible();
  });
  await test.step("stopped, and started from the app's address", async () => {
    await rest.stop(vcluster);
    await home.goto(app.url);
    await expect(home.getByRole("heading", { name: `${name} is stopped` })).toBeVisible();
    if (javaScriptEnabled !== false) await accessible(home);
    await home.getByRole("button", { name: `Start ${name}` }).click();
    await expect(silent).toBeVisible({ timeout: 60_000 });
  });
});

test("an app asks for sign-in first and then opens", async ({ page, rest }) => {
  const app = await rest.listening(await rest.vcluster("asks", 256), 8060);
  await page.goto(`${app.url}deep?x=1`);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await signIn(page, "ada", "correct horse battery");
  await expect(page.getByText("GET /deep?x=1 HTTP/1.1")).toBeVisible();
  expect(page.url()).toBe(`${app.url}deep?x=1`);
});
