// Every page there is, in both themes, wide and narrow, in both languages: accessible, nothing sticks out, and a picture of
// each in test-results/pages (<name>-<light|dark>-<wide|narrow>.png, in German <name>-de-…), which the book shows, too.
import type { Page } from "@playwright/test";

import { until } from "../../fixtures/dockletd";
import { routes } from "../../fixtures/routes";
import { test as base, accessFaults, expect, hydrated, signIn } from "../../fixtures/test";
import { VclustersPage } from "../../pages/vclusters";

const sizes = { wide: { width: 1280, height: 860 }, narrow: { width: 390, height: 800 } };

/** The picture's name for each route of the table. A route that leads on has none of its own, and a reason. */
const names: Record<string, string | { leadsOn: string }> = {
  "/": "list",
  "/activity": "all-activity",
  "/admin/config": "admin-config",
  "/admin/health": "admin-health",
  "/admin/images": "admin-images",
  "/admin/new-user": "admin-new-user",
  "/admin/users": "admin-users",
  "/admin/users/:name": "admin-person",
  "/apps/enter": { leadsOn: "to the app's own host; specs/apps looks at it" },
  "/confirm": { leadsOn: "where the sign-in is fresh; specs/people looks at it" },
  "/device": "device",
  "/help": "help",
  "/jobs": "jobs",
  "/jobs/:id": "job",
  "/jobs/new": "new-job",
  "/profile": "profile",
  "/profile/tokens/new": "new-token",
  "/queue": "queue",
  "/sign-in": "sign-in",
  "/terminals": "choose-terminals",
  "/vclusters/:id": "vcluster",
  "/vclusters/:id/activity": "activity",
  "/vclusters/:id/apps": "apps",
  "/vclusters/:id/delete": "delete",
  "/vclusters/:id/jupyter": { leadsOn: "to JupyterLab on its own host; specs/apps looks at it" },
  "/vclusters/:id/terminals": "terminals",
  "/vclusters/new": "order",
};

// An administrator sees every page there is.
const test = base.extend({
  home: async ({ page, dockletd }, use) => {
    if (!dockletd.cli(["user", "list"]).includes("grace")) {
      dockletd.cli(["user", "add", "grace", "--role", "admin", "--password-stdin"], "correct horse battery");
      dockletd.cli(["token", "create", "--user", "grace", "--expires", "30d"]);
    }
    await signIn(page, "grace");
    await use(page);
  },
});

test("every route of the table is looked at", () => {
  expect(Object.keys(names).sort(), "add a new route to `names` in this file, with the name of its picture").toEqual(routes());
});

/** What makes the page scroll sideways. */
async function overflow(page: Page): Promise<string[]> {
  const wide = await page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    const outside = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > room + 1);
    const over = document.documentElement.scrollWidth - room;
    return over > 0 ? [`scrolls sideways, ${over} px: ${outside.slice(-3).map((element) => element.outerHTML.slice(0, 160)).join(" | ")}`] : [];
  });
  return wide;
}

/** What is found on all pages, told at the end, so that every page is looked at and has its picture. */
class Findings {
  private readonly found: string[] = [];

  add(where: string, faults: string[]): void {
    this.found.push(...faults.map((fault) => `${where}: ${fault}`));
  }

  none(): void {
    expect(this.found.join("\n")).toBe("");
  }
}

/** The number of a job that has ended. */
async function endedJob(home: Page): Promise<string> {
  const ended = async (): Promise<string | undefined> => {
    const { items } = await (await home.request.get("/api/v1/jobs?state=completed")).json();
    return items[0]?.id.toString();
  };
  const before = await ended();
  if (before) return before;
  const script = "#!/bin/bash\nfor step in 1 2 3; do echo \"step $step\"; done\n";
  const data = { name: "train", image: "docklet/base", resources: { cpus: 0.5, memory_mib: 256 }, script };
  await home.request.post("/api/v1/jobs", { headers: { origin: new URL(home.url()).origin }, data });
  return until("a job to end", 60, ended);
}

/** The pages with their addresses, for a user with one running vcluster and one job. */
async function addresses(home: Page): Promise<[string, string][]> {
  const vclusters = new VclustersPage(home);
  await vclusters.open();
  if ((await home.getByRole("link", { name: "looks", exact: true }).count()) === 0) await vclusters.order("looks", 2);
  const vcluster = await vclusters.visit("looks");
  await vcluster.becomes("running");
  const pages = Object.entries(names).filter((page): page is [string, string] => typeof page[1] === "string");
  const signedIn = pages.filter(([path]) => path !== "/sign-in");
  const job = await endedJob(home);
  const address = (path: string) => path.replace("/jobs/:id", `/jobs/${job}`).replace(":id", vcluster.id).replace(":name", "ada");
  return [...signedIn.map(([path, name]): [string, string] => [name, address(path)]), ["not-found", "/nowhere"]];
}

/** The page as it is when all of it is there. */
async function show(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await hydrated(page);
  await expect(page.locator("h1").first()).toBeAttached();
  await expect(page.locator("[aria-busy=true]:visible")).toHaveCount(0);
}

async function speak(page: Page, language: "en" | "de"): Promise<void> {
  await page.context().addCookies([{ name: "docklet_lang", value: language, url: new URL(page.url()).origin }]);
}

// The browser itself logs the answer of the page that is not there.
test.use({ expected: [/status of 404/] });

for (const colorScheme of ["light", "dark"] as const) {
  test(`pages are accessible and fit: ${colorScheme}`, async ({ home, browser, baseURL }) => {
    test.setTimeout(600_000);
    const pages = await addresses(home);
    const findings = new Findings();
    await home.emulateMedia({ colorScheme });
    for (const [name, path] of pages) {
      await test.step(name, async () => look(home, name, path, colorScheme, findings));
    }
    await test.step("sign-in", async () => {
      const context = await browser.newContext({ baseURL, colorScheme });
      await look(await context.newPage(), "sign-in", "/sign-in", colorScheme, findings);
      await context.close();
    });
    findings.none();
  });
}

/** Wide and then narrow, as when a window is made smaller; "pages fit at …" opens them in small ones. */
async function look(page: Page, name: string, path: string, colorScheme: string, findings: Findings): Promise<void> {
  await page.setViewportSize(sizes.wide);
  await show(page, path);
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport);
    await page.screenshot({ path: `test-results/pages/${name}-${colorScheme}-${size}.png` });
    findings.add(`${name} ${size}`, [...(await overflow(page)), ...(await accessFaults(page))]);
  }
}

/** What moves on a page of a user who asked for less of that. */
async function moving(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    document
      .getAnimations()
      .filter((animation) => animation.playState === "running" && Number(animation.effect?.getComputedTiming().duration ?? 0) > 1)
      .map((animation) => `moves: ${((animation.effect as KeyframeEffect).target as Element).outerHTML.slice(0, 120)}`),
  );
}

test("in German, which needs more room, pages are accessible and fit, and nothing moves for those who asked for that", async ({ home }) => {
  test.setTimeout(600_000);
  const pages = await addresses(home);
  const findings = new Findings();
  await speak(home, "de");
  await home.emulateMedia({ reducedMotion: "reduce" });
  for (const [name, path] of pages) {
    await test.step(name, async () => {
      await home.setViewportSize(sizes.wide);
      await show(home, path);
      await expect(home.locator("html")).toHaveAttribute("lang", "de");
      findings.add(name, await moving(home));
      for (const [size, viewport] of Object.entries(sizes)) {
        await home.setViewportSize(viewport);
        await home.screenshot({ path: `test-results/pages/${name}-de-light-${size}.png` });
        findings.add(`${name} ${size}`, [...(await overflow(home)), ...(size === "wide" ? await accessFaults(home) : [])]);
      }
    });
  }
  findings.none();
});

test("pages fit at 200 % and 400 % zoom", async ({ home }) => {
  test.setTimeout(600_000);
  const pages = await addresses(home);
  const findings = new Findings();
  for (const language of ["en", "de"] as const) {
    await speak(home, language);
    // What is 1280 px wide has this much room when it is enlarged (WCAG 1.4.4 and 1.4.10).
    for (const viewport of [{ width: 640, height: 430 }, { width: 320, height: 256 }]) {
      await home.setViewportSize(viewport);
      for (const [name, path] of pages) {
        await show(home, path);
        findings.add(`${name} at ${viewport.width} px in ${language}`, await overflow(home));
      }
    }
  }
  findings.none();
});
