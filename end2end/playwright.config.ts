// Every journey runs twice: with JavaScript, and without it for what must work before WASM has loaded.
// Files named *.hydrate.spec.ts need JavaScript and run only with it.
import { defineConfig } from "@playwright/test";

import { browserEnvironment } from "./fixtures/browser";

const chromium = {
  browserName: "chromium" as const,
  launchOptions: {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    env: browserEnvironment,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  },
  viewport: { width: 1280, height: 900 },
};

export default defineConfig({
  testDir: "specs",
  // One Docker Engine and two cores: tests side by side would only wait for each other.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  // TRACE=1 keeps a trace of every step, to look for a fault; recording it takes a tenth of all time.
  use: { actionTimeout: 20_000, trace: process.env.TRACE ? "retain-on-failure" : "off", screenshot: "only-on-failure" },
  projects: [
    { name: "hydrated", use: { ...chromium } },
    // Measures; only when asked for (scripts/bench.sh).
    ...(process.env.MEASURE ? [{ name: "bench", testDir: "bench", testMatch: /\.bench\.ts$/, use: { ...chromium } }] : []),
    { name: "no-js", testIgnore: /\.hydrate\.spec\.ts$/, use: { ...chromium, javaScriptEnabled: false } },
  ],
});
