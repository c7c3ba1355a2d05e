// A job by forms alone: everything here works before WASM has loaded.
import { expect, test } from "../../fixtures/test";
import { JobsPage } from "../../pages/jobs";

// The browser itself logs the refusal that a script is answered with.
test.use({ expected: [/status of 422/] });

test("a job is submitted, held, released, looked at and submitted again", async ({ home, javaScriptEnabled }) => {
  test.setTimeout(180_000);
  const scripted = javaScriptEnabled !== false;
  const name = scripted ? "scripted-job" : "plain-job";
  const jobs = new JobsPage(home, scripted);
  const job = await jobs.submit(name, "#!/bin/bash\necho first\necho \"of $JOB_NAME\"\n# a < b && </textarea><b>\n", true);
  const becomes = (state: string) => (scripted ? job.becomes(state) : job.becomesOnReload(state));

  await test.step("it waits until it is released", async () => {
    await becomes("held");
    await expect(home.getByRole("region", { name: "Why it waits" })).toContainText("It is held");
    await home.getByRole("button", { name: "Release" }).click();
    await becomes("completed");
  });

  await test.step("its page has its output, its end and its script", async () => {
    await home.goto(home.url());
    await expect(job.output).toHaveText(`first\nof ${name}\n`);
    await expect(home.locator("dl.job-facts")).toContainText("exit code 0");
    await expect(home.getByRole("region", { name: "What it used" })).toContainText(/CPU time.*of.*memory.*of 256 MiB/);
    await home.getByText("Script", { exact: true }).click();
    await expect(home.getByText('echo "of $JOB_NAME"')).toBeVisible();
    const whole = await home.request.get((await home.getByRole("link", { name: "Download" }).getAttribute("href")) as string);
    expect(await whole.text()).toBe(`first\nof ${name}\n`);
  });

  await test.step("the list has it where finished ones are, and nowhere else", async () => {
    await jobs.open();
    await expect(jobs.row(name)).toContainText("completed");
    await expect(jobs.row(name)).toContainText("exit code 0");
    const filters = home.getByRole("navigation", { name: "Jobs by state" });
    await filters.getByRole("link", { name: "Finished" }).click();
    await expect(home).toHaveURL(/show=finished/);
    await expect(jobs.row(name)).toHaveCount(1);
    await filters.getByRole("link", { name: "Waiting" }).click();
    await expect(jobs.row(name)).toHaveCount(0);
  });

  await test.step("a mistake is said beside its field, and what was filled in stays", async () => {
    await jobs.open();
    await jobs.row(name).getByRole("link").click();
    await expect(job.state).toHaveText("completed");
    await home.getByRole("link", { name: "Submit again" }).click();
    const script = home.getByRole("textbox", { name: "Script" });
    await expect(script).toHaveValue(/^#!\/bin\/bash\necho first\n[^]*# a < b && <\/textarea><b>\n$/);
    await expect(home.getByRole("textbox", { name: "Memory" })).toHaveValue("256 MiB");
    await script.fill("#!/bin/sh\nexit 3\n");
    await home.getByRole("textbox", { name: "Memory" }).fill("much");
    await jobs.send();
    await expect(home.getByText("must be a size, such as 512 MiB or 4 GiB")).toBeVisible();
    await expect(script).toHaveValue("#!/bin/sh\nexit 3\n");
    await home.getByRole("textbox", { name: "Memory" }).fill("256");
    await jobs.send();
    await expect(home).toHaveURL(/\/jobs\/\d+$/);
    await becomes("failed");
    await expect(home.locator("dl.job-facts")).toContainText("exit code 3");
  });
});
