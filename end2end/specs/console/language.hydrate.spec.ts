// The language of a page does not change when WASM takes over.
import { expect, hydrated, test } from "../../fixtures/test";

test("what the server has rendered in German is what the page says", async ({ home }) => {
  await home.context().addCookies([{ name: "docklet_lang", value: "de", url: home.url() }]);
  for (const path of ["/", "/terminals", "/vclusters/new"]) {
    const served = await (await home.request.get(path, { headers: { accept: "text/html" } })).text();
    await home.goto(path);
    await hydrated(home);
    const text = (html: string) => html.replace(/<(script|style|noscript|template)\b[\s\S]*?<\/\1>/g, "").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
    const main = (html: string) => text(/<main[\s\S]*?<\/main>/.exec(html)?.[0] ?? "");
    const shown = main(await home.content());
    expect(shown.length, `${path} says something`).toBeGreaterThan(40);
    // A suggested name is chance; everything else is the same word for word.
    expect(shown).toBe(main(served));
  }
});
