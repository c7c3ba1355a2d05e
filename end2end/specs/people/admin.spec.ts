// Administration by forms alone: everything here works before WASM has loaded.
import { expect, test } from "../../fixtures/test";
import { section, signIn, signInAsAdmin } from "../../pages/people";

// The browser itself logs answers that are refusals.
test.use({ expected: [/status of 4(04|22|09)/] });

test("for everybody else there is no administration", async ({ home }) => {
  for (const path of ["/admin/users", "/admin/users/admin", "/admin/new-user", "/admin/images", "/admin/health", "/admin/config"]) {
    const answer = await home.goto(path);
    if (path !== "/admin/new-user") expect(answer?.status(), path).toBe(404);
    await expect(home.getByRole("table")).toHaveCount(0);
  }
  await expect(home.getByRole("link", { name: "Administration" })).toHaveCount(0);
});

test("somebody is added, limited, locked and let in again", async ({ page, browser, dockletd, javaScriptEnabled }) => {
  const scripted = javaScriptEnabled !== false;
  const name = scripted ? "erin" : "frank";
  await signInAsAdmin(page, dockletd, scripted);
  await page.goto("/admin/users");
  await page.getByRole("link", { name: "Add user" }).click();
  await page.getByLabel("User name").fill(name);
  await page.getByRole("dialog").getByRole("button", { name: "Add user" }).click();
  const secret = page.getByLabel(`Password of ${name}`);
  await expect(secret).toHaveValue(/.{20,}/);
  const password = await secret.inputValue();
  const theirs = await browser.newContext({ baseURL: dockletd.url, javaScriptEnabled: false });
  const desk = await theirs.newPage();
  await signIn(desk, name, password, false);

  await page.getByRole("link", { name: "Open the user's page" }).click();
  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
  const limits = section(page, "Limits");
  await limits.getByLabel("Group").selectOption("students");
  await limits.getByRole("button", { name: "Save limits" }).click();
  await expect(page.locator(".meters")).toContainText(/of 2(?!\d)/);
  await expect(limits.getByLabel("Group")).toHaveValue("students");
  await limits.getByLabel("Nodes").fill("many");
  await limits.getByRole("button", { name: "Save limits" }).click();
  await expect(page.getByText("must be a number, or empty")).toBeVisible();
  await limits.getByLabel("Nodes").fill("3");
  await limits.getByRole("button", { name: "Save limits" }).click();
  // Not what stood there before, such as 32 CPUs: the page that is read after saving takes an open menu away.
  await expect(page.locator(".meters")).toContainText(/of 3(?!\d)/);

  await page.getByRole("button", { name: `Lock ${name}` }).click();
  await expect(page.getByText(/stop working within a second/)).toBeVisible();
  await page.getByRole("button", { name: `Lock ${name} now` }).click();
  await expect(page.getByText("locked", { exact: true })).toBeVisible();
  await desk.goto("/");
  await expect(desk).toHaveURL(/\/sign-in/);
  await page.getByRole("button", { name: "Unlock" }).click();
  await expect(page.getByText("active", { exact: true })).toBeVisible();
  await signIn(desk, name, password, false);

  await section(page, "Reset password").getByRole("button", { name: "Reset password" }).click();
  await expect(page.getByLabel(`Password of ${name}`)).toHaveValue(/.{20,}/);
  await desk.goto("/");
  await expect(desk).toHaveURL(/\/sign-in/);
  await theirs.close();
});

test("users are found by a part of their name", async ({ page, dockletd, javaScriptEnabled }) => {
  const scripted = javaScriptEnabled !== false;
  for (const name of ["search.one", "search.two"]) {
    if (!dockletd.cli(["user", "list"]).includes(name)) dockletd.cli(["user", "add", name]);
  }
  await signInAsAdmin(page, dockletd, scripted);
  await page.goto("/admin/users");
  await page.getByLabel("Search users").fill("search.");
  await page.getByLabel("Search users").press("Enter");
  await expect(page.getByRole("link", { name: "search.two" })).toBeVisible();
  await expect(page.getByRole("link", { name: "ada", exact: true })).toHaveCount(0);
  await page.goto("/admin/users?search=nobody-at-all");
  await expect(page.getByText("No user's name contains")).toBeVisible();
});

test("health and configuration are shown, and no secret", async ({ page, dockletd, javaScriptEnabled }) => {
  await signInAsAdmin(page, dockletd, javaScriptEnabled !== false);
  await page.goto("/admin/health");
  await expect(page.getByRole("row").filter({ hasText: "Docker Engine" })).toContainText("ready");
  await expect(section(page, "Disk")).toContainText(dockletd.dataDir);
  await expect(section(page, "Disk usage by user")).toBeVisible();
  await page.goto("/admin/config");
  await expect(page.getByRole("row").filter({ hasText: "data_dir" })).toContainText("flag --server-data-dir");
});

test("images are allowed and taken off the list, and the order form says which", async ({ page, dockletd, javaScriptEnabled }) => {
  const scripted = javaScriptEnabled !== false;
  // Both variants work on one daemon: each on a line of its own, and none is left behind.
  const image = scripted ? "lab/scripted:1" : "lab/plain:1";
  await signInAsAdmin(page, dockletd, scripted);
  await page.goto("/admin/images");
  const list = section(page, "Allowed images");
  await expect(list).toContainText("docker.io");
  await list.getByLabel("Allow an image").fill("reg.example.org/lab/*");
  await list.getByRole("button", { name: "Add to the list" }).click();
  await expect(list.getByText(/reg\.example\.org, which is not allowed here/)).toBeVisible();
  await list.getByLabel("Allow an image").fill(image);
  await list.getByRole("button", { name: "Add to the list" }).click();
  const row = list.getByRole("row").filter({ hasText: image });
  await expect(row).toContainText("admin");

  await page.goto("/vclusters/new");
  await page.getByRole("radio", { name: /Another image/ }).check({ force: true });
  await expect(page.getByText(new RegExp(`Allowed: .*${image}`))).toBeVisible();
  await expect(page.locator(`#new-listed-images option[value="${image}"]`)).toHaveCount(1);

  await page.goto("/admin/images");
  await row.getByRole("button", { name: `Remove ${image} from the list` }).click();
  await page.getByRole("button", { name: `Remove ${image} now` }).click();
  await expect(row).toHaveCount(0);
});
