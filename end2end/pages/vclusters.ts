// The list of vclusters, and the dialog that makes one.
import { expect, type Page } from "@playwright/test";

import { VclusterPage } from "./vcluster";

export class VclustersPage {
  constructor(readonly page: Page) {}

  async open(): Promise<void> {
    await this.page.goto("/");
    await expect(this.page.getByRole("heading", { name: "vclusters", level: 1 })).toBeVisible();
  }

  /** Fills in the dialog and presses Create. Every field but the name keeps its default. */
  async order(name: string, nodes = 2): Promise<void> {
    await this.page.getByRole("link", { name: "New vcluster" }).first().click();
    await this.page.getByRole("textbox", { name: "Name" }).fill(name);
    await this.page.locator("input[name='order[nodes]']").fill(String(nodes));
    await this.page.getByRole("radio", { name: /Small/ }).check();
    const create = this.page.getByRole("button", { name: "Create", exact: true });
    await create.click();
    // A page that is left sooner takes the order with it.
    await expect(create).toBeHidden();
  }

  /** The vcluster's own page. */
  async visit(name: string): Promise<VclusterPage> {
    await this.open();
    await this.page.getByRole("link", { name, exact: true }).click();
    await expect(this.page.getByRole("heading", { name, level: 1 })).toBeVisible();
    return new VclusterPage(this.page, name);
  }
}
