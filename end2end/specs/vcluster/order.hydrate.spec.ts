// Ordering: one click is enough, and what cannot be ordered is said beside the field.
import { expect, test } from "../../fixtures/test";
import { VclustersPage } from "../../pages/vclusters";

test("Enter in the dialog is enough, and it ends in a terminal", async ({ home }) => {
  await home.getByRole("link", { name: "New vcluster" }).first().click();
  const name = await home.getByRole("textbox", { name: "Name" }).inputValue();
  expect(name).toMatch(/^[a-z]+-[a-z]+/);
  await home.keyboard.press("Enter");
  await expect(home.locator(".xterm-rows").first()).toContainText("root@node-0", { timeout: 60_000 });
  await expect(home).toHaveTitle(new RegExp(name));
});

test.describe("a fault", () => {
  // The browser itself logs the refusal.
  test.use({ expected: [/status of 422/] });

  test("a name that breaks a rule is said beside the field, and nothing is made", async ({ home }) => {
    await home.getByRole("link", { name: "New vcluster" }).first().click();
    const field = home.getByRole("textbox", { name: "Name" });
    await field.fill("../Lab");
    await home.getByRole("button", { name: "Create", exact: true }).click();
    await expect(field).toHaveAttribute("aria-invalid", "true");
    await expect(home.getByRole("dialog")).toContainText("must use only the letters");
    await home.keyboard.press("Escape");
    await expect(home.getByRole("link", { name: "../Lab" })).toHaveCount(0);
  });
});

test("a container removed by hand shows as degraded with the reason, and Repair brings it back", async ({ home, dockletd }) => {
  test.setTimeout(150_000);
  const vclusters = new VclustersPage(home);
  await vclusters.order("broken", 2);
  const vcluster = await vclusters.visit("broken");
  await vcluster.becomes("running");
  dockletd.removeContainerOf("broken", "node-1");
  await vcluster.becomes(/^degraded/);
  await expect(home.getByRole("status").filter({ hasText: "removed outside Docklet" }).first()).toBeVisible();
  await vcluster.press("Repair");
  await vcluster.becomes("running");
});
