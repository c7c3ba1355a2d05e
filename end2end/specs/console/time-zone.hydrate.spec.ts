// Times in the reader's zone: UTC as long as the server does not know it, theirs from then on, also in what the server renders.
import { expect, hydrated, test } from "../../fixtures/test";
import { VclustersPage } from "../../pages/vclusters";

test.use({ timezoneId: "Asia/Tokyo" });

test("times are told in the reader's zone, with the zone, by page and server alike", async ({ home, page }) => {
  const vclusters = new VclustersPage(home);
  await vclusters.order("zones", 1);
  await vclusters.visit("zones");
  const created = page.locator("dl.facts time").first();
  const inTokyo = /^\d{1,2} \w{3} \d{4}, \d\d:\d\d:\d\d \(Asia\/Tokyo, UTC\+09:00\)$/;
  await expect(created).toHaveAttribute("title", inTokyo);

  // The title says the same moment as the machine-readable time.
  const [title, datetime] = [await created.getAttribute("title"), await created.getAttribute("datetime")];
  const clock = new Date(datetime as string).toLocaleTimeString("en-GB", { timeZone: "Asia/Tokyo" });
  expect(title).toContain(clock);

  // The browser has told its zone: from now on the server renders in it.
  const served = await (await page.request.get(page.url(), { headers: { accept: "text/html" } })).text();
  expect(served).toContain('data-zone="Asia/Tokyo"');
  expect(served).toContain(`title="${title}"`);

  // Another zone than the server was told: the page puts it right.
  await page.context().addCookies([{ name: "docklet_zone", value: "America/St_Johns", url: new URL(page.url()).origin }]);
  const newfoundland = await (await page.request.get(page.url(), { headers: { accept: "text/html" } })).text();
  expect(newfoundland).toMatch(/\(America\/St_Johns, UTC-0[23]:30\)/);
  await page.reload();
  await hydrated(page);
  await expect(created).toHaveAttribute("title", inTokyo);

  // A zone that does not exist, or worse, is UTC.
  await page.context().addCookies([{ name: "docklet_zone", value: "Moon/Crater", url: new URL(page.url()).origin }]);
  const utc = await (await page.request.get(page.url(), { headers: { accept: "text/html" } })).text();
  expect(utc).toMatch(/\d\d:\d\d:\d\d \(UTC\)"/);

  // German writes the same moment its own way.
  await page.context().addCookies([{ name: "docklet_lang", value: "de", url: new URL(page.url()).origin }]);
  await page.reload();
  await expect(created).toHaveAttribute("title", /^\d{1,2}\. [\wä]+\.? \d{4}, \d\d:\d\d:\d\d \(Asia\/Tokyo, UTC\+09:00\)$/);
});
