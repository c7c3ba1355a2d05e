// The terminal panel: what is typed into it and what is on its screen.
import { expect, type Locator, type Page } from "@playwright/test";

export class TerminalPanel {
  constructor(readonly page: Page) {}

  get tabs(): Locator {
    return this.page.getByRole("tablist", { name: "Open terminals" }).getByRole("tab");
  }

  /** The rows on the screen of the terminal in front, from top to bottom. */
  get rows(): Locator {
    return this.page.locator(".terminal__screen:not([hidden]) .xterm-rows > div");
  }

  async focus(): Promise<void> {
    const screen = this.page.locator(".terminal__screen:not([hidden]) .xterm-screen");
    // A click holds on to the screen it has found, also when another one has come to the front since.
    await expect(() => screen.click({ timeout: 2000 })).toPass({ timeout: 20_000 });
  }

  async type(text: string): Promise<void> {
    await this.focus();
    await this.page.keyboard.type(text);
  }

  /** Types a line and presses Enter. */
  async run(command: string): Promise<void> {
    await this.type(command);
    await this.page.keyboard.press("Enter");
  }

  async text(): Promise<string> {
    const rows = await this.rows.allTextContents();
    return rows.map((row) => row.replaceAll("\u00a0", " ").trimEnd()).join("\n");
  }

  /** Waits until this is on the screen. */
  async shows(what: string | RegExp, seconds = 20): Promise<void> {
    const found = async () => {
      const text = await this.text();
      return typeof what === "string" ? text.includes(what) : what.test(text);
    };
    await expect.poll(found, { timeout: seconds * 1000, message: `the terminal must show ${what}` }).toBe(true);
  }

  /** Waits for a prompt to type at. */
  async ready(): Promise<void> {
    await this.shows(/root@node-\d+:.*# $|root@node-\d+:.*#$/m);
  }
}
