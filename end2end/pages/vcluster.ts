// One vcluster's page: what it says and what can be done there.
import { expect, type Locator, type Page } from "@playwright/test";

import { until } from "../fixtures/dockletd";
import { TerminalPanel } from "./terminal";

export class VclusterPage {
  readonly terminals: TerminalPanel;

  constructor(
    readonly page: Page,
    readonly name: string,
  ) {
    this.terminals = new TerminalPanel(page);
  }

  /** The state beside the name. */
  get state(): Locator {
    return this.page.locator(".page-head .tag");
  }

  /** The id in the page's address. */
  get id(): string {
    const id = new URL(this.page.url()).pathname.split("/")[2];
    if (!id) throw new Error(`${this.page.url()} is not a vcluster's page`);
    return id;
  }

  node(name: string): Locator {
    return this.page.getByRole("region", { name: "Nodes" }).getByRole("row").filter({ has: this.page.getByRole("rowheader", { name }) });
  }

  async press(action: "Start" | "Stop" | "Repair" | "Add node"): Promise<void> {
    await this.page.locator(".page-actions").getByRole("button", { name: new RegExp(`^${action}`) }).click();
  }

  /** One of the actions behind "…". */
  async more(action: string): Promise<void> {
    await this.page.getByRole("button", { name: `More actions for ${this.name}` }).click();
    const menu = this.page.locator(".page-actions .menu");
    const name = new RegExp(`^${action}`);
    await menu.getByRole("link", { name }).or(menu.getByRole("button", { name })).click();
  }

  async removeNode(node: string): Promise<void> {
    await this.page.getByRole("button", { name: `Remove ${node}`, exact: true }).click();
    await this.page.getByRole("button", { name: `Remove ${node} now` }).click();
  }

  /** Types the name and confirms. */
  async confirmDelete(): Promise<void> {
    await this.page.getByRole("textbox", { name: "Name" }).fill(this.name);
    await this.page.getByRole("button", { name: `Delete ${this.name}` }).click();
  }

  /** Waits for a state on a page that changes by itself. */
  async becomes(state: string | RegExp): Promise<void> {
    await expect(this.state).toHaveText(state, { timeout: 60_000 });
  }

  /** Waits for a state on a page without script: looks again and again, as a person would. */
  async becomesOnReload(state: string): Promise<void> {
    await until(`${this.name} to be ${state}`, 60, async () => {
      // The answer to a form may still be on its way; a reload in the middle would take its place.
      await this.page.waitForLoadState();
      await this.page.goto(this.page.url());
      return (await this.state.textContent())?.trim() === state || undefined;
    });
  }
}
