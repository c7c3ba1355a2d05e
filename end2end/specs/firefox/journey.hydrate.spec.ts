// One person's journey in Firefox. Playwright drives only a Firefox of its own making; the one that people have speaks
// WebDriver BiDi, and so does Puppeteer.
import puppeteer, { type Browser, type Page } from "puppeteer-core";

import { browserEnvironment } from "../../fixtures/browser";
import { test as base, expect } from "../../fixtures/test";

// Firefox says so of every event stream that is open when a page is left.
const usual = /^The connection to \S+\/api\/v1\/\S+ was interrupted while the page was loading\.$/;

const test = base.extend<{ firefox: Browser; complaints: string[] }>({
  complaints: async ({}, use) => {
    const complaints: string[] = [];
    await use(complaints);
    expect(complaints.filter((text) => !usual.test(text)), "the browser's console must have no errors").toEqual([]);
  },

  firefox: async ({ complaints }, use) => {
    const firefox = await puppeteer.launch({
      browser: "firefox",
      executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
      env: browserEnvironment,
      defaultViewport: { width: 1280, height: 900 },
      // Nothing but what the journey asks for: no update, no report, no page of welcome.
      extraPrefsFirefox: { "datareporting.policy.dataSubmissionEnabled": false, "intl.accept_languages": "en" },
    });
    const listen = (page: Page) => {
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
      page.on("pageerror", (error) => complaints.push(error instanceof Error ? error.message : String(error)));
    };
    firefox.on("targetcreated", (target) => void target.page().then((page) => page && listen(page)));
    await use(firefox);
    await firefox.close();
  },
});

/** Waits until the text of this is so. */
async function reads(page: Page, selector: string, text: RegExp, seconds = 20): Promise<void> {
  const read = () => page.$$eval(selector, (all) => all.map((one) => one.textContent?.replaceAll("\u00a0", " ").trimEnd()).join("\n"));
  await expect.poll(read, { timeout: seconds * 1000, message: `${selector} must read ${text}` }).toMatch(text);
}

/** What a person calls it. */
const named = (name: string, role: string) => `::-p-aria([name="${name}"][role="${role}"])`;

test("in Firefox: signed in, one click to a shell, and JupyterLab in another tab", async ({ dockletd, firefox }) => {
  test.setTimeout(240_000);
  const page = await firefox.newPage();
  page.setDefaultTimeout(30_000);
  const screen = ".terminal__screen:not([hidden]) .xterm-rows > div";

  await test.step("signing in", async () => {
    await page.goto(`${dockletd.url}/sign-in`);
    await page.waitForSelector("html[data-hydrated]");
    await page.locator(named("User name", "textbox")).fill("ada");
    await page.locator("input[type=password]").fill("correct horse battery");
    await page.keyboard.press("Enter");
    await reads(page, "h1", /^vclusters$/);
  });

  await test.step("one click and Enter lead to a shell", async () => {
    await page.locator("::-p-text(New vcluster)").click();
    await page.waitForSelector("input[name='order[nodes]']");
    await page.keyboard.press("Enter");
    await reads(page, screen, /root@node-0:.*#$/m, 60);
  });

  await test.step("what is typed comes back, umlauts too", async () => {
    await page.locator(".terminal__screen:not([hidden]) .xterm-screen").click();
    await page.keyboard.type("echo on-$(hostname)-grün");
    await page.keyboard.press("Enter");
    await reads(page, screen, /^on-node-0-grün$/m);
  });

  await test.step("a scrolled page does not shine through the top bar", async () => {
    const ground = await page.$eval(".top", (bar) => getComputedStyle(bar).backgroundColor);
    expect(ground).toMatch(/^rgb\(/);
  });

  await test.step("JupyterLab opens in a tab of its own", async () => {
    await page.locator(".page-actions ::-p-text(Jupyter)").click();
    // The tab goes through redirects to another host, and what is known of a tab does not outlive them: each look is a new one.
    // A tab in the background draws nothing, and JupyterLab draws when the browser asks it to.
    const shown = async () => {
      const lab = (await firefox.pages()).find((tab) => /^https?:\/\/[a-z2-7]{10}\.localhost:\d+\//.test(tab.url()));
      if (!lab) return `no tab of JupyterLab among ${(await firefox.pages()).map((tab) => tab.url()).join(" ")}`;
      await lab.bringToFront();
      // Beside the launcher, or beside the notebook that its owner had open last.
      const files = await lab.$(".jp-DirListing-content");
      return files ? "the home's files" : lab.$eval("body", (body) => `${location.href}: ${body.innerText.slice(0, 300)}`);
    };
    const looked = () => shown().catch((error: unknown) => String(error));
    await expect.poll(looked, { timeout: 120_000, intervals: [500] }).toBe("the home's files");
  });
});
