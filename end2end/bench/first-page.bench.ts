// What the first page costs: bytes of wasm, js and css on the wire, and the time until it answers to clicks. Writes
// target/bench/first-page.json in the form of crates/bench (figure.rs). Measured with an optimised dockletd; see scripts/bench.sh.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { signIn, test } from "../fixtures/test";

const out = fileURLToPath(new URL("../../target/bench", import.meta.url));
const ROUNDS = 15;

type Spread = { p50: number; p99: number };
type Figure = { name: string; unit: string; ours: Spread; peer: null; ratio: null; bar: string; holds: boolean };

function spread(samples: number[]): Spread {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)] as number;
  return { p50: at(0.5), p99: at(0.99) };
}

function figure(name: string, unit: string, ours: Spread, bar: string, holds: boolean): Figure {
  return { name, unit, ours, peer: null, ratio: null, bar, holds };
}

test("the first page: bytes and time", async ({ page, browser, baseURL }) => {
  test.setTimeout(180_000);
  await signIn(page, "ada");
  const signedIn = await page.context().storageState();
  const times: number[] = [];
  const sizes: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // A context of its own has an empty cache.
    const context = await browser.newContext({ storageState: signedIn, viewport: { width: 1280, height: 900 } });
    const fresh = await context.newPage();
    await fresh.addInitScript(() => {
      const seen = () => document.documentElement?.hasAttribute("data-hydrated") && Object.assign(window, { answers: performance.now() });
      new MutationObserver((_, observer) => seen() && observer.disconnect()).observe(document, { subtree: true, childList: true, attributeFilter: ["data-hydrated"] });
    });
    let bytes = 0;
    const network = await context.newCDPSession(fresh);
    await network.send("Network.enable");
    const [wanted, ahead] = [new Set<string>(), new Set<string>()];
    // What may be wanted next is fetched when the page answers already, with the priority that nothing else has.
    network.on("Network.requestWillBeSent", ({ requestId, request }) => {
      if (request.initialPriority === "VeryLow") ahead.add(requestId);
    });
    network.on("Network.responseReceived", ({ requestId, response }) => {
      if (/\.(wasm|m?js|css)(\?|$)/.test(response.url) && !ahead.has(requestId)) wanted.add(requestId);
    });
    network.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      if (wanted.has(requestId)) bytes += encodedDataLength;
    });
    await fresh.goto(`${baseURL}/`);
    times.push(await fresh.waitForFunction(() => (window as unknown as { answers?: number }).answers).then((value) => value.jsonValue() as Promise<number>));
    sizes.push(bytes);
    await context.close();
  }
  const [size, time] = [spread(sizes.map((bytes) => bytes / 1000)), spread(times)];
  const figures = [
    figure("first page: wasm + js + css as sent, headers included", "kB", size, "≤ 500 kB", size.p50 <= 500),
    figure("first page: navigation until it answers to clicks, cold cache", "ms", time, "≤ 1000 ms", time.p50 <= 1000),
  ];
  mkdirSync(out, { recursive: true });
  writeFileSync(`${out}/first-page.json`, JSON.stringify(figures, null, 2));
  for (const { name, unit, ours, bar, holds } of figures) {
    console.log(`${name}: p50 ${ours.p50.toFixed(0)} ${unit}, p99 ${ours.p99.toFixed(0)} ${unit}; ${holds ? "holds" : "MISSED"}: ${bar}`);
  }
});
