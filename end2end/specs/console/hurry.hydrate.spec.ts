// A user who does not wait for a page before they ask for the next one gets the last one they asked for.
import { expect, test } from "../../fixtures/test";

test("a page whose code comes late does not come to stand over the one asked for after it", async ({ home }) => {
  let release = (): void => {};
  const released = new Promise<void>((go) => (release = go));
  let held = 0;
  await home.route(/\.wasm$/, async (route) => {
    held++;
    await released;
    await route.continue();
  });
  const list = home.getByRole("heading", { name: "vclusters", level: 1 });
  for (const key of ["t", "?", "p", "h"]) {
    await home.keyboard.press("g");
    await home.keyboard.press(key);
  }
  await expect(home).toHaveURL(/:\d+\/$/);
  await expect.poll(() => held, "the code of the other pages is asked for").toBeGreaterThan(0);
  const late = home.waitForResponse(/\.wasm$/);
  release();
  await (await late).finished();
  await expect(list).toBeVisible();
  await home.keyboard.press("n");
  await expect(home.getByRole("textbox", { name: "Name" })).toBeFocused();
  await home.keyboard.press("Escape");
  await expect(home).toHaveURL(/:\d+\/$/);
  await expect(list).toBeVisible();
});
