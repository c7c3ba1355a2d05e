// Jobs: the list, the form of a new one, and one job's page.
import { expect, type Locator, type Page } from "@playwright/test";

import { until } from "../fixtures/dockletd";
import { hydrated } from "../fixtures/test";

export class JobsPage {
  constructor(
    readonly page: Page,
    readonly scripted: boolean,
  ) {}

  async open(): Promise<void> {
    await this.page.goto("/jobs");
    await expect(this.page.getByRole("heading", { name: "Jobs", level: 1 })).toBeVisible();
    if (this.scripted) await hydrated(this.page);
  }

  /** The row of the newest job of this name. */
  row(name: string): Locator {
    return this.page.getByRole("region", { name: "Jobs" }).getByRole("row").filter({ has: this.page.getByRole("link", { name: new RegExp(`^${name} \\d+$`) }) });
  }

  /** Opens the form; every field keeps its default. */
  async form(): Promise<void> {
    await this.page.goto("/jobs/new");
    await expect(this.page.getByRole("heading", { name: "Submit a job", level: 1 })).toBeVisible();
    if (this.scripted) await hydrated(this.page);
  }

  async send(): Promise<void> {
    await this.page.getByRole("button", { name: "Submit job" }).click();
  }

  /** Fills in the form and submits it; `array`: for these numbers. */
  async submit(name: string, script: string, hold = false, array = ""): Promise<JobPage> {
    await this.form();
    await this.page.getByRole("textbox", { name: "Name" }).fill(name);
    await this.page.getByRole("textbox", { name: "Memory" }).fill("256 MiB");
    await this.page.getByRole("textbox", { name: "Script" }).fill(script);
    if (hold || array) await this.page.getByText("More", { exact: true }).click();
    if (hold) await this.page.getByRole("checkbox", { name: /^Hold it/ }).check();
    if (array) await this.page.getByRole("textbox", { name: "Array" }).fill(array);
    await this.send();
    await expect(this.page).toHaveURL(/\/jobs\/\d+$/);
    return new JobPage(this.page, name);
  }
}

export class JobPage {
  constructor(
    readonly page: Page,
    readonly name: string,
  ) {}

  /** The state beside the name. */
  get state(): Locator {
    return this.page.locator(".page-head .tag");
  }

  get output(): Locator {
    return this.page.getByRole("log", { name: "Output" });
  }

  /** The number in the page's address. */
  get id(): string {
    const id = new URL(this.page.url()).pathname.split("/")[2];
    if (!id) throw new Error(`${this.page.url()} is not a job's page`);
    return id;
  }

  async cancel(): Promise<void> {
    await this.page.getByRole("button", { name: `Cancel… job ${this.id}, ${this.name}` }).click();
    await this.page.getByRole("button", { name: "Cancel the job" }).click();
  }

  /** Waits for a state on a page that changes by itself. */
  async becomes(state: string): Promise<void> {
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
