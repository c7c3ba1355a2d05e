// The journey this product is for: from one click to a plot in a notebook, through the proxy.
import { expect, test } from "../../fixtures/apps";

test("a cell that is run in JupyterLab plots", async ({ home, rest, context }) => {
  test.setTimeout(240_000);
  const vcluster = await rest.vcluster("plots");
  const jupyter = await rest.jupyter(vcluster);

  const lab = await context.newPage();
  const sockets: string[] = [];
  lab.on("websocket", (socket) => sockets.push(socket.url()));
  await lab.goto(jupyter.url);
  // The page that waits opens it by itself.
  await expect(lab.getByRole("tab", { name: "Launcher" })).toBeVisible({ timeout: 90_000 });
  expect(new URL(lab.url()).host).toBe(new URL(jupyter.url).host);

  await lab.getByRole("main").locator(".jp-LauncherCard[data-category='Notebook']").first().click();
  const cell = lab.locator(".jp-Notebook .jp-CodeCell .cm-content").first();
  await expect(cell).toBeVisible({ timeout: 60_000 });
  await expect(lab.getByText("Python 3 (ipykernel) | Idle")).toBeVisible({ timeout: 60_000 });
  await cell.click();
  await lab.keyboard.insertText("%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 4, 2, 8])\nprint('plotted', 6 * 7)");
  await lab.keyboard.press("Shift+Enter");
  await expect(lab.locator(".jp-OutputArea-output").filter({ hasText: "plotted 42" })).toBeVisible({ timeout: 60_000 });
  const plot = lab.locator(".jp-OutputArea-output img[src^='data:image/png']");
  await expect(plot).toBeVisible({ timeout: 60_000 });
  expect(await plot.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(100);
  expect(sockets.some((url) => url.includes("/api/kernels/") && url.startsWith(`ws://${new URL(jupyter.url).host}`))).toBe(true);

  // Signing out in one tab ends the other one: the kernel's connection closes, and what is asked for is refused.
  const closed = lab.waitForEvent("console", { timeout: 20_000, predicate: () => true }).catch(() => undefined);
  await home.getByRole("navigation", { name: "Main", exact: true }).getByRole("button", { name: /^Account: ada/ }).click();
  await home.getByRole("button", { name: /^Sign out/ }).click();
  await expect(home.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect.poll(() => lab.evaluate(() => fetch("/api/status").then((answer) => answer.status)), { timeout: 2_000 }).toBe(401);
  await closed;
  await lab.goto(jupyter.url);
  await expect(lab).toHaveURL(/\/sign-in\?next=/);
});
