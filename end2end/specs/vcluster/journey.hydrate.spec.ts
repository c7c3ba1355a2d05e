// The whole journey of one person: from sign-in to shells on two nodes and back to nothing.
import { expect, test } from "../../fixtures/test";
import { VclustersPage } from "../../pages/vclusters";

// dockletd is killed in the middle: streams break off, and tries to reach it fail until it is back.
test.use({ expected: [/ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|WebSocket connection to/] });

test("two nodes, their shells, a reload, a restart of dockletd, one node more, and nothing left", async ({ home, dockletd }) => {
  test.setTimeout(240_000);
  const vclusters = new VclustersPage(home);

  await test.step("two nodes with one dialog", async () => vclusters.order("journey", 2));
  const vcluster = await vclusters.visit("journey");
  const { terminals } = vcluster;
  await vcluster.becomes("running");

  await test.step("a shell on each node", async () => {
    await home.getByRole("link", { name: "Terminal on node-1" }).click();
    await terminals.ready();
    await terminals.run("echo on-$(hostname)");
    await terminals.shows("on-node-1");
    await home.getByRole("link", { name: "Terminal on node-0" }).click();
    await terminals.shows("root@node-0");
    await terminals.run("echo on-$(hostname)");
    await terminals.shows("on-node-0");
    await expect(terminals.tabs).toHaveCount(2);
  });

  await test.step("node-1 answers ping and ssh from node-0, without a question", async () => {
    await terminals.run("clear; ping -c 1 node-1 && ssh node-1 hostname && echo all-well");
    await terminals.shows(/1 received[\s\S]*\nnode-1\nall-well/);
  });

  await test.step("top goes on over a reload", async () => {
    await terminals.run("clear; top -d 1");
    await terminals.shows(/load average/);
    await home.reload();
    await expect(terminals.tabs).toHaveCount(2);
    await terminals.shows(/load average[\s\S]*PID USER/);
    await terminals.type("q");
    await terminals.ready();
  });

  await test.step("a loop goes on over a restart of dockletd, and every line is there", async () => {
    await terminals.run("clear; for i in $(seq 1 30); do echo line-$i-; sleep 0.2; done; echo the-end");
    await terminals.shows("line-3-");
    await dockletd.end("SIGKILL");
    await dockletd.serve();
    await terminals.shows(/^the-end$/m, 40);
    const lines = [...(await terminals.text()).matchAll(/^line-(\d+)-$/gm)].map((match) => Number(match[1]));
    const expected = Array.from({ length: lines.length }, (_, index) => 31 - lines.length + index);
    expect(lines, "no line is missing, none is there twice").toEqual(expected);
    expect(lines.length).toBeGreaterThan(10);
  });

  await test.step("one node more, while it runs", async () => {
    await vcluster.press("Add node");
    await expect(vcluster.node("node-2")).toContainText("running", { timeout: 60_000 });
    await terminals.run("clear; ping -c 1 node-2 && echo new-one-answers");
    await terminals.shows(/^new-one-answers$/m);
  });

  await test.step("stopped and started, its files are there", async () => {
    await terminals.run("echo kept > /srv/note; echo home > /root/note; sync; clear");
    await vcluster.press("Stop");
    await vcluster.becomes("stopped");
    await vcluster.press("Start");
    await vcluster.becomes("running");
    // What was open has ended, and its prompt is still on the screen until the new one takes its place.
    const ended = await terminals.tabs.count();
    await home.getByRole("link", { name: "Terminal on node-0" }).click();
    await expect(terminals.tabs).toHaveCount(ended + 1);
    await expect(terminals.tabs.last()).toHaveAttribute("aria-selected", "true");
    await terminals.ready();
    await terminals.run("clear; cat /srv/note /root/note");
    await terminals.shows(/kept\nhome/);
  });

  await test.step("deleted, nothing is left but the home", async () => {
    const id = vcluster.id;
    expect(dockletd.left(id)).not.toEqual([]);
    await vcluster.more("Delete");
    await vcluster.confirmDelete();
    await expect(home.getByRole("heading", { name: "vclusters", level: 1 })).toBeVisible();
    await expect.poll(() => dockletd.left(id), { timeout: 60_000 }).toEqual([]);
  });
});
