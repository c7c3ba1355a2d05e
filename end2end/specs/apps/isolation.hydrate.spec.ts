// Two users, and apps that mean no good: neither user gets into the other's app, and no app's page at the console.
import { Rest, expect, signIn, test } from "../../fixtures/apps";

const PASSWORD = "correct horse battery";

test("two people in two browsers are each refused the other's app", async ({ home, dockletd, rest, context, browser }) => {
  test.setTimeout(180_000);
  dockletd.cli(["user", "add", "bea", "--password-stdin"], PASSWORD);
  const other = await browser.newContext({ baseURL: dockletd.url });
  try {
    const page = await other.newPage();
    await page.goto("/sign-in");
    await signIn(page, "bea", PASSWORD);
    await expect(page.getByRole("heading", { name: "vclusters", level: 1 })).toBeVisible();
    const bea = new Rest(dockletd, "bea");
    const hers = await rest.listening(await rest.vcluster("adas", 256), 8050);
    const beas = await bea.listening(await bea.vcluster("beas", 256), 8050);
    const adas = await context.newPage();

    // A second app of one's own, on a port that is not Jupyter's.
    await adas.goto(hers.url);
    await expect(adas.getByText("GET / HTTP/1.1")).toBeVisible();
    await page.goto(beas.url);
    await expect(page.getByText("GET / HTTP/1.1")).toBeVisible();

    for (const [visitor, url] of [[adas, beas.url], [page, hers.url]] as const) {
      await visitor.goto(url);
      await expect(visitor.getByText("There is no such app")).toBeVisible();
      expect(new URL(visitor.url()).host).toBe(new URL(dockletd.url).host);
    }
    // The other's cookie, put under one's own app, and one's own under the other's.
    const stolen = (await other.cookies(beas.url)).find((cookie) => cookie.name.endsWith("docklet-app"));
    if (!stolen) throw new Error("bea is inside of her app");
    await context.addCookies([{ ...stolen, domain: new URL(hers.url).hostname }]);
    await adas.goto(hers.url);
    await expect(adas.getByText("GET / HTTP/1.1"), "a cookie of another app is none: a new one is fetched").toBeVisible();
    // A code that bea was given, opened in ada's browser.
    await other.clearCookies({ domain: new URL(beas.url).hostname });
    const entered = page.waitForRequest((request) => request.url().includes("/.docklet/enter?code="));
    await page.route("**/.docklet/enter?*", (route) => route.abort());
    await page.goto(beas.url).catch(() => "the code is not used");
    const code = (await entered).url();
    expect(code).toContain("/.docklet/enter?code=");
    const refused = await adas.goto(code);
    expect(refused?.status()).toBe(403);
    await bea.removeAll();
  } finally {
    await other.close();
  }
});

test("signing out in one tab ends the app in another", async ({ home, rest, context }) => {
  const app = await rest.listening(await rest.vcluster("leaves", 256), 8050);
  const page = await context.newPage();
  await page.goto(app.url);
  await page.evaluate(() => {
    const events = new EventSource("/endless");
    events.onopen = () => (document.title = "open");
    events.onerror = () => (document.title = "ended");
    const socket = new WebSocket(`ws://${location.host}/websocket`);
    socket.onclose = () => (document.body.dataset.socket = "closed");
  });
  await expect(page).toHaveTitle("open");
  await home.getByRole("navigation", { name: "Main", exact: true }).getByRole("button", { name: /^Account: ada/ }).click();
  await home.getByRole("button", { name: /^Sign out/ }).click();
  await expect(home.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await expect(page).toHaveTitle("ended", { timeout: 2_000 });
  await expect(page.locator("body[data-socket=closed]")).toBeAttached({ timeout: 2_000 });
  await page.reload();
  await expect(page).toHaveURL(/\/sign-in\?next=/);
});

test("a page of an app can neither frame, open, read nor change the console", async ({ home, dockletd, rest, context }) => {
  const vcluster = await rest.vcluster("hostile", 256);
  const app = await rest.listening(vcluster, 8050);
  const page = await context.newPage();
  await page.goto(app.url);
  const portal = dockletd.url;

  const frame = await page.evaluate(async (portal) => {
    const frame = document.createElement("iframe");
    frame.src = portal;
    const loaded = new Promise((resolve) => (frame.onload = resolve));
    document.body.append(frame);
    await loaded;
    try {
      return frame.contentDocument?.body?.textContent ?? "unreachable";
    } catch {
      return "unreachable";
    }
  }, portal);
  expect(frame).toBe("unreachable");
  const framed = () => page.frames().find((frame) => frame !== page.mainFrame())?.url();
  await expect.poll(framed, { message: "the browser's own words stand in the frame" }).toMatch(/^chrome-error:/);

  const popup = context.waitForEvent("page");
  await page.evaluate((portal) => {
    (window as unknown as { popup: Window | null }).popup = window.open(portal, "console");
  }, portal);
  const opened = await popup;
  await expect(opened.getByRole("heading", { name: "vclusters", level: 1 })).toBeVisible();
  expect(await opened.evaluate(() => window.opener === null), "the console does not know who opened it").toBe(true);
  await expect.poll(() => page.evaluate(() => (window as unknown as { popup: Window | null }).popup?.closed)).toBe(true);

  const asked = await page.evaluate(
    async ({ portal, vcluster }) => {
      const tries: [string, RequestInit][] = [
        ["/api/v1/session", { credentials: "include" }],
        ["/api/v1/vclusters", { credentials: "include" }],
        [`/api/v1/vclusters/${vcluster}`, { method: "DELETE", credentials: "include" }],
        [`/api/v1/vclusters/${vcluster}/stop`, { method: "POST", credentials: "include", body: "{}" }],
        ["/actions/sign-out", { method: "POST", credentials: "include", mode: "no-cors" }],
      ];
      return Promise.all(tries.map(([path, how]) => fetch(portal + path, how).then((answer) => answer.type, () => "refused")));
    },
    { portal, vcluster },
  );
  expect(asked.slice(0, 4)).toEqual(["refused", "refused", "refused", "refused"]);
  expect(asked[4]).toBe("opaque");
  // Nothing of it has happened.
  await home.reload();
  await expect(home.getByRole("heading", { name: "vclusters", level: 1 })).toBeVisible();
  await expect(home.getByRole("link", { name: "hostile", exact: true })).toBeVisible();
});
