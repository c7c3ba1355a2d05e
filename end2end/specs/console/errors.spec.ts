// Pages and vclusters that are not there.
import { expect, test } from "../../fixtures/test";

test.use({ expected: [/status of 404/] });

test("an unknown page and an unknown vcluster say so and lead back", async ({ home }) => {
  for (const path of ["/nowhere", "/vclusters/00000000-0000-7000-8000-000000000000"]) {
    const answer = await home.goto(path);
    expect(answer?.status()).toBe(404);
    await expect(home.getByRole("link", { name: /vclusters/i }).first()).toBeVisible();
  }
});
