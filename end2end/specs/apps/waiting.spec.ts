// Pages in place of an app that is not there yet, with JavaScript and without it.
import { expect, signIn, test } from "../../fixtures/apps";

// The browser itself logs the answer of a page that waits.
test.use({ expected: [/status of (503|404)/] });

test("a page waits for the app and opens it by itself", async ({ home, rest, accessible, javaScriptEnabled }) => {
  const vcluster = await rest.vcluster(`waits-${javaScriptEnabled === false ? "plainly" : "live"}`, 256);
  const app = await rest.publish(vcluster, 8050, "Shop");
  await home.goto(`${app.url}some/page?x=1`);
  await expect(home.getByRole("heading", { name: "Nothing listens on port 8050 of node-0" })).toBeVisible();
  await expect(home.getByRole("status")).toHaveText("Waiting until something listens");
  if (javaScriptEnabled !== false) await accessible(home);
  await rest.serve(vcluster, 8050);
  await expect(home.getByText("GET /some/page?x=1 HTTP/1.1")).toBeVisible();
});

test("a stopped vcluster is started from the app's address", async ({ home, rest, accessible, javaScriptEnabled }) => {
  const name = `stops-${javaScriptEnabled === false ? "plainly" : "live"}`;
  const vcluster = await rest.vcluster(name, 256);
  const app = await rest.publish(vcluster, 8050);
  await rest.stop(vcluster);
  await home.goto(app.url);
  await expect(home.getByRole("heading", { name: `${name} is stopped` })).toBeVisible();
  if (javaScriptEnabled !== false) await accessible(home);
  await home.getByRole("button", { name: `Start ${name}` }).click();
  await expect(home.getByRole("heading", { name: "Nothing listens on port 8050 of node-0" })).toBeVisible({ timeout: 60_000 });
});

test("a service that cannot start says why, with the end of its log", async ({ home, rest, accessible, javaScriptEnabled }) => {
  const vcluster = await rest.vcluster(`fails-${javaScriptEnabled === false ? "plainly" : "live"}`, 256);
  await rest.breakJupyter(vcluster, "the licence has ended", 8070);
  await home.goto((await rest.jupyter(vcluster)).url);
  await expect(home.getByRole("heading", { name: "JupyterLab could not start" })).toBeVisible({ timeout: 60_000 });
  await expect(home.getByText("the licence has ended").first()).toBeVisible();
  if (javaScriptEnabled !== false) await accessible(home);
});

test("an address that is nobody's says so", async ({ page, dockletd, accessible, javaScriptEnabled }) => {
  await page.goto(`http://nobody.localhost:${dockletd.port}/`);
  await expect(page.getByRole("heading", { name: "There is no app here" })).toBeVisible();
  if (javaScriptEnabled !== false) await accessible(page);
});

test("an app asks for sign-in first and then opens", async ({ page, rest }) => {
  const app = await rest.listening(await rest.vcluster("asks", 256), 8060);
  await page.goto(`${app.url}deep?x=1`);
  await expect(page).toHaveURL(/\/sign-in\?next=/);
  await signIn(page, "ada", "correct horse battery");
  await expect(page.getByText("GET /deep?x=1 HTTP/1.1")).toBeVisible();
  expect(page.url()).toBe(`${app.url}deep?x=1`);
});
