// The book at /docs: every page, every link inside it, both themes, wide and narrow.
import type { Page } from "@playwright/test";

import { accessFaults, expect, test } from "../../fixtures/test";

/** Where a page's links lead inside the book, absolute, with their headings. */
async function linksOf(page: Page): Promise<string[]> {
  const all = await page.locator("a[href]").evaluateAll((links) => links.map((link) => (link as HTMLAnchorElement).href));
  return [...new Set(all)].filter((link) => new URL(link).pathname.startsWith("/docs/"));
}

/** What the book's author did not put on a page: controls beside the search's, and pictures that stand there again. */
async function strangersOf(page: Page): Promise<string[]> {
  const controls = await page.locator("input, select, textarea, button").evaluateAll((all) => all.filter((one) => !one.closest(".search")).map((one) => one.outerHTML));
  const pictures = await page.locator("img").evaluateAll((all) => all.map((one) => (one as HTMLImageElement).src));
  return [...controls, ...pictures.filter((source, at) => pictures.indexOf(source) !== at)];
}

test("every link inside the book leads to a page and to its heading, and no page has a stray control or a picture twice", async ({ page }) => {
  const waiting = ["/docs/"];
  const seen = new Map<string, Set<string>>();
  const wanted: [string, string, string][] = [];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    if (seen.has(path)) continue;
    const answer = await page.goto(path);
    expect(answer?.status(), path).toBe(200);
    expect(await strangersOf(page), path).toEqual([]);
    seen.set(path, new Set(await page.locator("[id]").evaluateAll((all) => all.map((one) => one.id))));
    for (const link of (await linksOf(page)).map((text) => new URL(text))) {
      if (!/\.html$|\/$/.test(link.pathname)) continue;
      waiting.push(link.pathname);
      if (link.hash) wanted.push([path, link.pathname, decodeURIComponent(link.hash.slice(1))]);
    }
  }
  expect(seen.size, "pages of the book").toBeGreaterThan(25);
  for (const [from, to, heading] of wanted) expect(seen.get(to)?.has(heading), `${from} → ${to}#${heading}`).toBe(true);
});

test("pages of the book are readable: light and dark, wide and narrow", async ({ page }) => {
  test.setTimeout(240_000);
  for (const path of ["", "guide/first-vcluster.html", "guide/scripts.html", "reference/rest.html", "CONFIG.html"]) {
    await page.goto(`/docs/${path}`);
    for (const colorScheme of ["light", "dark"] as const) {
      for (const viewport of [{ width: 1280, height: 900 }, { width: 390, height: 844 }]) {
        const where = `${path}, ${colorScheme}, ${viewport.width} px`;
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(viewport);
        await expect(page.getByRole("main").getByRole("heading", { level: 1 })).toBeVisible();
        expect(await accessFaults(page), where).toEqual([]);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        expect(wider, `${where}: wider than the window`).toBeLessThanOrEqual(0);
      }
    }
  }
});
