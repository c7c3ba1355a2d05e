// The book's pictures, made from the product as it is. Only with PICTURES=1 (scripts/pictures.sh): what a test run sees must
// not change files of the repository.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import type { Page } from "@playwright/test";

import { expect, hydrated, test } from "../../fixtures/test";
import { VclustersPage } from "../../pages/vclusters";

const folder = fileURLToPath(new URL("../../../docs/images", import.meta.url));

test.skip(process.env.PICTURES !== "1", "make the pictures with scripts/pictures.sh");
test.use({ viewport: { width: 1180, height: 760 }, deviceScaleFactor: 1.5 });

/** Chromium itself turns its picture into WebP, a fifth of the size. */
async function picture(page: Page, name: string): Promise<void> {
  const png = (await page.screenshot({ animations: "disabled", caret: "hide" })).toString("base64");
  const blank = await page.context().newPage();
  const webp = await blank.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    canvas.getContext("2d")?.drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", 0.8).split(",")[1] ?? "";
  }, png);
  await blank.close();
  writeFileSync(path.join(folder, `${name}.webp`), webp, "base64");
}

async function theme(page: Page, scheme: "light" | "dark"): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
}

test("pictures for the book", async ({ home: page }) => {
  test.setTimeout(240_000);
  const list = new VclustersPage(page);
  await theme(page, "light");
  await list.open();
  await page.getByRole("link", { name: "New vcluster" }).first().click();
  await page.getByRole("textbox", { name: "Name" }).fill("thesis");
  await picture(page, "new-light");
  await page.locator("input[name='order[nodes]']").fill("4");
  await page.getByRole("radio", { name: /Small/ }).check();
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page).toHaveURL(/\/vclusters\/[0-9a-f-]{36}/);
  const detail = await list.visit("thesis");
  await hydrated(page);
  await detail.becomes("running");
  await page.getByRole("row", { name: /node-0/ }).getByText("Terminal", { exact: true }).click();
  await detail.terminals.ready();
  await detail.terminals.type("python3 -m http.server 8050 >/dev/null 2>&1 &\n");
  await detail.terminals.type("clear; while :; do timeout 1 sh -c 'while :; do :; done'; sleep 1; done &\n");
  await detail.terminals.type("clear; htop\n");
  await list.open();
  await hydrated(page);
  await list.order("course", 2);
  await (await list.visit("course")).becomes("running");
  await list.visit("thesis");
  await page.waitForTimeout(75_000); // charts of nothing show nothing
  for (const scheme of ["light", "dark"] as const) {
    await theme(page, scheme);
    await list.open();
    await hydrated(page);
    await expect(page.getByText(/CPU [1-9]/).first()).toBeVisible();
    await picture(page, `vclusters-${scheme}`);
    await list.visit("thesis");
    await hydrated(page);
    await expect(page.getByRole("row", { name: /node-0/ })).toContainText(/[1-9]\d? %/);
    await picture(page, `vcluster-${scheme}`);
  }
  await page.getByRole("link", { name: "Terminals" }).first().click();
  await page.getByRole("main").getByText("node-0", { exact: true }).last().click();
  await detail.terminals.shows("http.server");
  await picture(page, "terminals-dark");
  await theme(page, "light");
  await list.visit("thesis");
  await hydrated(page);
  await page.getByRole("link", { name: "Apps" }).first().click();
  await expect(page.getByText("8050").first()).toBeVisible();
  await picture(page, "apps-light");
});
