// Jobs on pages that change by themselves.
import { expect, hydrated, test } from "../../fixtures/test";
import { JobsPage } from "../../pages/jobs";

test("output appears while the job runs, and the page follows it to its end", async ({ home, accessible }) => {
  test.setTimeout(120_000);
  const jobs = new JobsPage(home, true);
  const job = await jobs.submit("live", "#!/bin/bash\nprintf '\\033[31mfirst\\033[0m\\n'\nuntil [ -e ~/go-on ]; do sleep 0.1; done\nrm ~/go-on\necho last\n");
  await job.becomes("running");
  await expect(job.output).toHaveText("first\n");
  await expect(job.output.locator(".ansi-red")).toHaveText("first");
  await expect(home).toHaveTitle(/^running: live \d+ · Docklet$/);
  await accessible(home);
  const next = await home.context().newPage();
  await new JobsPage(next, true).submit("lets-it-go-on", "#!/bin/bash\ntouch ~/go-on\n");
  await next.close();
  await expect(job.output).toHaveText("first\nlast\n", { timeout: 60_000 });
  await job.becomes("completed");
  await expect(home.locator(".timeline-step").last()).toContainText("Ended");
});

test("the list shows what becomes of jobs without being loaded again", async ({ home }) => {
  test.setTimeout(120_000);
  const jobs = new JobsPage(home, true);
  await jobs.open();
  const origin = new URL(home.url()).origin;
  const submit = { name: "unseen", image: "docklet/base", resources: { cpus: 0.5, memory_mib: 256 }, script: "#!/bin/sh\nexit 4\n" };
  const made = await home.request.post("/api/v1/jobs", { headers: { origin }, data: submit });
  expect(made.ok()).toBe(true);
  await expect(jobs.row("unseen")).toContainText("failed", { timeout: 60_000 });
  await expect(jobs.row("unseen")).toContainText("exit code 4");
});

test("the bar of an array fills as its elements end, and each of them has a page", async ({ home, accessible }) => {
  test.setTimeout(180_000);
  const script = '#!/bin/bash\necho "part $JOB_ARRAY_INDEX"\nif [ $JOB_ARRAY_INDEX = 1 ]; then exit 3; fi\n';
  const job = await new JobsPage(home, true).submit("parts", script, false, "0-2%2");
  const array = home.url();
  const elements = home.getByRole("region", { name: "Elements" });
  await job.becomes("failed");
  await expect(elements).toContainText("2 completed · 1 failed");
  await expect(elements.locator(".array-bar .tone-bad")).toHaveAttribute("style", /width: ?33\.33%/);
  await expect(elements.getByRole("row")).toHaveCount(4);
  await accessible(home);

  await elements.getByRole("link", { name: "1 failed" }).click();
  await expect(home).toHaveURL(`${array}?elements=failed`);
  await expect(elements.getByRole("row")).toHaveCount(2);
  await expect(elements.getByRole("row").last()).toContainText("exit code 3");
  await elements.getByRole("link", { name: "1", exact: true }).click();
  await expect(home).toHaveURL(`${array}_1`);
  await expect(job.output).toHaveText("part 1\n");

  await home.getByRole("link", { name: /^Element 1 of array \d+$/ }).click();
  await expect(home).toHaveURL(array);
  await home.getByRole("link", { name: "Submit the failed ones again" }).click();
  await expect(home.getByRole("textbox", { name: "Array" }), "with as many at a time").toHaveValue("1%2");
});

test("jobs that are ticked in the list are cancelled together, and output is searched", async ({ home, accessible }) => {
  test.setTimeout(120_000);
  const jobs = new JobsPage(home, true);
  const spoken = await jobs.submit("spoken", "#!/bin/bash\necho Error; echo fine; echo error\n");
  await spoken.becomes("completed");
  await home.getByRole("searchbox", { name: "Search the output" }).fill("error");
  await expect(home.getByRole("search", { name: "Search the output" })).toContainText("1 of 2");
  await home.keyboard.press("Enter");
  await expect(home.locator("#output-found")).toHaveText("error");

  for (const name of ["many-1", "many-2", "other"]) await jobs.submit(name, "#!/bin/bash\ntrue\n", true);
  await jobs.open();
  await home.getByRole("searchbox", { name: "Search by the beginning of the name" }).fill("MANY");
  await expect(home).toHaveURL(/[?&]name=MANY/);
  await expect(jobs.row("other")).toHaveCount(0);
  await home.getByRole("checkbox", { name: /^Select all/ }).check();
  const bar = home.getByRole("group", { name: "Selected jobs" });
  await expect(bar).toContainText("2 selected");
  await accessible(home);
  await bar.getByRole("button", { name: "Cancel…" }).click();
  await home.getByRole("button", { name: "Cancel the selected jobs" }).click();
  await expect(home.getByText("Done with 2 jobs.")).toBeVisible();
  for (const name of ["many-1", "many-2"]) await expect(jobs.row(name)).toContainText("cancelled");
  await expect(bar).toBeHidden();
  await jobs.open();
  await expect(jobs.row("other")).toContainText("held");
});

test("the queue shows one's own jobs where they run, and follows them", async ({ home }) => {
  test.setTimeout(120_000);
  const jobs = new JobsPage(home, true);
  const job = await jobs.submit("on-a-host", "#!/bin/bash\nsleep 600\n");
  await job.becomes("running");
  const name = `on-a-host ${job.id}`;
  await home.getByRole("navigation", { name: "Main", exact: true }).getByRole("link", { name: "Queue" }).click();
  await expect(home.getByRole("heading", { name: "Queue", level: 1 })).toBeVisible();
  const own = home.getByRole("region", { name: "Hosts" }).getByRole("link", { name });
  await expect(own).toBeVisible();
  await expect(home.getByRole("region", { name: "Next" })).toContainText("No job waits for its turn.");
  await own.click();
  await job.becomes("running");
  await job.cancel();
  await job.becomes("cancelled");
});

test("a job that runs is cancelled", async ({ home }) => {
  test.setTimeout(120_000);
  const job = await new JobsPage(home, true).submit("endless", "#!/bin/bash\necho begun\nsleep 600\n");
  await job.becomes("running");
  await job.cancel();
  await job.becomes("cancelled");
  await expect(job.output).toHaveText("begun\n");
  await expect(home.getByRole("button", { name: /^Cancel…/ })).toHaveCount(0);
});

test("a job that waits is held, released and cancelled", async ({ home }) => {
  test.setTimeout(120_000);
  const job = await new JobsPage(home, true).submit("kept", "#!/bin/bash\nsleep 600\n", true);
  await job.becomes("held");
  await home.getByRole("button", { name: "Release" }).click();
  await job.becomes("running");
  await expect(home.getByRole("button", { name: "Hold" }), "it has begun").toHaveCount(0);
  await job.cancel();
  await job.becomes("cancelled");
});

test.describe("mistakes", () => {
  // The browser itself logs the refusals.
  test.use({ expected: [/status of 422/] });

  test("are said beside their fields, and nothing is submitted", async ({ home }) => {
    const jobs = new JobsPage(home, true);
    await jobs.form();
    await home.getByRole("textbox", { name: "CPUs" }).fill("some");
    await home.getByRole("textbox", { name: "Time limit" }).fill("a while");
    await jobs.send();
    await expect(home.getByRole("textbox", { name: "CPUs" })).toHaveAttribute("aria-invalid", "true");
    await expect(home.getByRole("textbox", { name: "Time limit" })).toHaveAttribute("aria-invalid", "true");
    await home.getByRole("textbox", { name: "CPUs" }).fill("0.5");
    await home.getByRole("textbox", { name: "Time limit" }).fill("2 min");
    await home.getByRole("textbox", { name: "Name" }).fill("a/b");
    await home.getByRole("textbox", { name: "Script" }).fill("");
    await jobs.send();
    await expect(home.getByRole("textbox", { name: "Name" })).toHaveAttribute("aria-invalid", "true");
    await expect(home.getByRole("textbox", { name: "Script" })).toHaveAttribute("aria-invalid", "true");
    await expect(home).toHaveURL(/\/jobs\/new$/);
  });

  test("of what is behind More open it", async ({ home }) => {
    const jobs = new JobsPage(home, true);
    await jobs.form();
    const more = home.getByText("More", { exact: true });
    await more.click();
    await home.getByRole("textbox", { name: "Output file" }).fill("out/%q");
    await more.click();
    await expect(home.getByRole("textbox", { name: "Output file" })).toBeHidden();
    await jobs.send();
    await expect(home.getByRole("textbox", { name: "Output file" })).toBeVisible();
    await expect(home.getByRole("textbox", { name: "Output file" })).toHaveAttribute("aria-invalid", "true");
  });
});

test("g j leads to the jobs, and the palette to a new one", async ({ home }) => {
  await home.keyboard.press("g");
  await home.keyboard.press("j");
  await expect(home).toHaveURL(/\/jobs$/);
  await hydrated(home);
  await home.keyboard.press("Control+k");
  await expect(home.getByRole("combobox", { name: "Search or run a command" })).toBeFocused();
  await home.keyboard.type("submit job");
  await home.keyboard.press("Enter");
  await expect(home).toHaveURL(/\/jobs\/new$/);
  await expect(home.getByRole("textbox", { name: "Script" })).toHaveValue("#!/bin/bash\n");
});
