// docker-compose.yml: from nothing to shells and a notebook, each service restarted under the typing hands, and back to nothing.
import { type Page } from "@playwright/test";

import { expect, test } from "../../fixtures/compose";
import { until } from "../../fixtures/dockletd";
import { hydrated } from "../../fixtures/test";
import { VclustersPage } from "../../pages/vclusters";

// Services end and begin: streams break off, and tries to reach them fail until they are back.
test.use({ expected: [/ERR_|WebSocket connection to|the server responded with a status of 50[234]/] });

/** Signs in as a new user, through the trial provider. */
async function enter(page: Page): Promise<void> {
  await page.goto("/sign-in");
  await hydrated(page);
  await page.getByRole("link", { name: /the trial provider/ }).click();
  await expect(page.getByText("For trial only.")).toBeVisible();
  await page.getByLabel("User name").fill("ada");
  await page.getByLabel("Password").fill("ada-trial");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { name: "vclusters", level: 1 })).toBeVisible();
  await hydrated(page);
}

test("up, two nodes, a shell, a notebook, every service restarted, and down with nothing left but homes", async ({ page, context, compose }) => {
  test.setTimeout(300_000);

  await test.step("only the worker sees the Docker socket, and one port is public beside the trial's", () => {
    const services = compose.inspect();
    const socket = [...services].filter(([, one]) => one.Mounts.some((mount) => mount.Source.includes("docker.sock"))).map(([name]) => name);
    expect(socket).toEqual(["worker"]);
    const published = [...services].filter(([, one]) => Object.keys(one.HostConfig.PortBindings ?? {}).length > 0).map(([name]) => name);
    expect(published.sort()).toEqual(["idp", "serve"]);
    expect(services.get("serve")?.Config.User).toBe("docklet");
    for (const [name, one] of services) expect(one.HostConfig.ReadonlyRootfs, name).toBe(true);
    const { all, dockletd } = compose.imageSize();
    // The optimised dockletd has some 65 MB; the whole must not have more than 150.
    expect((all - dockletd) / 1e6, "MB beside dockletd").toBeLessThan(85);
  });

  await enter(page);
  const vclusters = new VclustersPage(page);
  await vclusters.order("composed", 2);
  const vcluster = await vclusters.visit("composed");
  await vcluster.becomes("running");
  const { terminals } = vcluster;

  await test.step("the nodes reach each other", async () => {
    await page.getByRole("link", { name: "Terminal on node-1" }).click();
    await terminals.ready();
    await terminals.run("clear; ping -c 1 node-0 && ssh node-0 hostname && echo all-$((6*7))");
    await terminals.shows(/\nnode-0\nall-42/);
  });

  await test.step("a node reaches none of the services", async () => {
    const ports: Record<string, number> = { serve: 8000, worker: 7600, postgres: 5432 };
    const addresses = Object.entries(ports).flatMap(([service, port]) =>
      Object.values(compose.inspect().get(service)?.NetworkSettings.Networks ?? {}).map(({ IPAddress }) => `${IPAddress}/${port}`),
    );
    expect(addresses).toHaveLength(4);
    for (const address of addresses) expect(address).toMatch(/^\d+(\.\d+){3}\/\d+$/);
    // What can be reached is reached by the same means: another node's sshd.
    const reachable = "node-0/22";
    const tries = [...addresses, reachable].map((address) => `timeout 1 bash -c '</dev/tcp/${address}' 2>/dev/null && echo reached-${address}`).join("; ");
    await terminals.run(`clear; ${tries}; echo tried-$((6*7))`);
    await terminals.shows(/^tried-42$/m);
    expect((await terminals.text()).match(/^reached-.*$/gm)).toEqual([`reached-${reachable}`]);
  });

  const lab = await context.newPage();
  await test.step("JupyterLab opens", async () => {
    const link = page.getByRole("link", { name: /^Jupyter of composed/ });
    await lab.goto((await link.getAttribute("href")) as string);
    await expect(lab.getByRole("tab", { name: "Launcher" })).toBeVisible({ timeout: 90_000 });
  });

  for (const service of ["idp", "postgres", "etcd", "worker", "serve"]) {
    await test.step(`${service} is restarted while somebody types`, async () => {
      await terminals.run("clear");
      const restarted = compose.do("restart", service);
      await page.bringToFront();
      await terminals.focus();
      await page.keyboard.type(`echo typed-over-${service}-$((6*7))`, { delay: 100 });
      await restarted;
      await page.keyboard.press("Enter");
      await terminals.shows(new RegExp(`^typed-over-${service}-42$`, "m"), 40);
      await compose.ready();
    });
  }

  await test.step("the notebook's server is the same as before", async () => {
    await expect.poll(() => lab.evaluate(() => fetch("/api/status").then((answer) => answer.status, () => 0)), { timeout: 20_000 }).toBe(200);
  });

  await test.step("cleared and taken down, homes are left and nothing else", async () => {
    await compose.do("stop", "serve", "worker");
    const said = await compose.do("run", "--rm", "--no-deps", "worker", "worker", "--clear");
    expect(said).toContain("Removed 2 nodes and 1 networks");
    await compose.do("down", "-v");
    const left = await until("the engine to have removed it", 20, async () => {
      const left = compose.left();
      return left.every((thing) => thing.startsWith("volume ")) ? left : undefined;
    });
    expect(left).toEqual([expect.stringMatching(/^volume docklet-home-/)]);
  });
});
