// One's profile, and the administration: what is on them and what can be done there.
import { expect, type Locator, type Page } from "@playwright/test";

import { type Dockletd } from "../fixtures/dockletd";
import { hydrated } from "../fixtures/test";

export const ADMIN_PASSWORD = "an administrator's battery";

/** Gives admin a password that tests know, and signs in with it on a page without a sign-in. */
export async function signInAsAdmin(page: Page, dockletd: Dockletd, scripted: boolean): Promise<void> {
  dockletd.cli(["user", "passwd", "admin", "--password-stdin"], ADMIN_PASSWORD);
  await signIn(page, "admin", ADMIN_PASSWORD, scripted);
}

export async function signIn(page: Page, name: string, password: string, scripted: boolean): Promise<void> {
  await page.goto("/sign-in");
  if (scripted) await hydrated(page);
  await page.getByLabel("User name").fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "vclusters", level: 1 })).toBeVisible();
  if (scripted) await hydrated(page);
}

/** A part of a page, by its heading. */
export function section(page: Page, name: string): Locator {
  return page.getByRole("region", { name, exact: true });
}

export class ProfilePage {
  constructor(readonly page: Page) {}

  async open(scripted: boolean): Promise<void> {
    await this.page.goto("/profile");
    await expect(section(this.page, "Sessions")).toBeVisible();
    if (scripted) await hydrated(this.page);
  }

  async changePassword(present: string, next: string, again = next): Promise<void> {
    const password = section(this.page, "Password");
    await password.getByLabel("Current password").fill(present);
    await password.getByLabel("New password", { exact: true }).fill(next);
    await password.getByLabel("Repeat new password").fill(again);
    await password.getByRole("button", { name: "Change password" }).click();
  }

  /** Makes a token that may not do this, and returns its text, which the page shows once. */
  async makeToken(name: string, without: string[] = []): Promise<string> {
    await section(this.page, "API tokens").getByRole("link", { name: "New token" }).click();
    await this.page.getByLabel("Token name").fill(name);
    await this.page.getByRole("radio", { name: "7 days" }).check({ force: true });
    for (const scope of without) await this.page.getByRole("checkbox", { name: scope }).uncheck();
    await this.page.getByRole("button", { name: "Create token" }).click();
    const text = this.page.getByLabel("Your token");
    await expect(text).toHaveValue(/^dkl_/);
    return text.inputValue();
  }

  token(name: string): Locator {
    return section(this.page, "API tokens").getByRole("row").filter({ hasText: name });
  }

  session(text: string | RegExp): Locator {
    return section(this.page, "Sessions").getByRole("row").filter({ hasText: text });
  }
}
