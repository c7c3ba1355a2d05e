//! Limits hold, and within them a node is a machine one can work on.

use control::ports::coordination::Assignment;
use domain::resources::Resources;

use crate::lab::{Lab, docker};

fn sized(nodes: Vec<Assignment>, cpu_milli: u32, memory_mib: u32) -> Vec<Assignment> {
    let of = |node: &Assignment| Resources { cpu_milli, memory_mib, ..node.resources };
    nodes.into_iter().map(|node| Assignment { resources: of(&node), ..node }).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_over_the_memory_limit_is_killed_and_told_and_the_node_lives_on() {
    let mut lab = Lab::started().await;
    let nodes = sized(lab.vcluster(1), 1000, 128);
    lab.run(&nodes).await;
    let since = lab.running_since(&nodes[0]).await;
    let greedy =
        lab.shell(&nodes[0], "python3 -c 'x = bytearray(400 * 1024 * 1024)'; echo $?").expect("the shell lives");
    assert!(greedy.ends_with("137"), "killed, without swap to hide in: {greedy}");
    lab.shell(&nodes[0], "python3 -c 'x = bytearray(40 * 1024 * 1024)'").expect("what fits, fits");
    assert_eq!(lab.running_since(&nodes[0]).await, since);
    let told = || async { lab.notes(&nodes[0]).out_of_memory };
    let told = testkit::obtain("it is told", crate::lab::SOON, told).await;
    assert_eq!(told.memory_mib, 128);
    // Only root may read the kernel's messages, on most hosts.
    let is_told_all = std::fs::File::open("/dev/kmsg").is_ok();
    assert_eq!(told.process.as_deref(), is_told_all.then_some("python3"));
    // And it outlives the worker, but not the next start.
    lab.kill();
    lab.start();
    lab.looked_over().await;
    assert_eq!(lab.notes(&nodes[0]).out_of_memory, Some(told));
    let nodes = lab.restart(&nodes).await;
    assert_eq!(lab.notes(&nodes[0]).out_of_memory, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_are_counted() {
    let lab = Lab::started().await;
    let resources = |node: &Assignment| Resources { pids: 40, ..node.resources };
    let nodes: Vec<_> =
        lab.vcluster(1).into_iter().map(|node| Assignment { resources: resources(&node), ..node }).collect();
    lab.run(&nodes).await;
    let line = "i=0; while [ $i -lt 100 ]; do sleep 5 & i=$((i+1)); done; echo all";
    assert!(lab.shell(&nodes[0], line).is_err(), "a hundred processes are too many");
    let is_of_use = || async { lab.shell(&nodes[0], "true").is_ok() };
    testkit::eventually("the node is of use again", crate::lab::SOON, is_of_use).await;
}

/// Every engine has it beside `runc`.
const SECOND: &str = "io.containerd.runc.v2";

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_made_with_the_runtime_of_its_order_and_keeps_it() {
    let mut lab = Lab::started().await;
    let with = |node: Assignment, name: &str| Assignment { runtime: Some(name.parse().expect("a runtime")), ..node };
    let nodes: Vec<_> = lab.vcluster(1).into_iter().map(|node| with(node, SECOND)).collect();
    lab.run(&nodes).await;
    let runtime = |lab: &Lab| docker(&["inspect", "--format", "{{.HostConfig.Runtime}}", &lab.name(&nodes[0])]);
    assert_eq!(runtime(&lab).as_deref(), Ok(SECOND));
    let since = lab.running_since(&nodes[0]).await;
    // Another runtime in the same order changes nothing, now or after a restart of the worker.
    lab.publish(&[with(nodes[0].clone(), "runc")]).await;
    lab.kill();
    lab.start();
    lab.looked_over().await;
    assert_eq!((runtime(&lab).as_deref(), lab.running_since(&nodes[0]).await), (Ok(SECOND), since));
    let plain = lab.vcluster(1);
    lab.run(&plain).await;
    let usual = docker(&["inspect", "--format", "{{.HostConfig.Runtime}}", &lab.name(&plain[0])]);
    assert_eq!(usual.as_deref(), Ok("runc"), "the engine's own default");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_runtime_the_engine_does_not_have_fails_with_its_name() {
    let lab = Lab::started().await;
    let runtime = Some("docklet-no-such-runtime".parse().expect("a runtime"));
    let nodes: Vec<_> =
        lab.vcluster(1).into_iter().map(|node| Assignment { runtime: runtime.clone(), ..node }).collect();
    lab.publish(&nodes).await;
    let reason = lab.failure(&nodes[0]).await;
    assert!(reason.contains("does not have the runtime docklet-no-such-runtime; ask an administrator"), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_share_of_the_processors_is_bounded() {
    let lab = Lab::started().await;
    let nodes = sized(lab.vcluster(1), 200, 256);
    lab.run(&nodes).await;
    // Two busy processes for two seconds: at most 0.2 CPUs of it.
    let line = "cat /sys/fs/cgroup/cpu.max 2>/dev/null || echo $(cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu/cpu.cfs_period_us)";
    assert_eq!(lab.shell(&nodes[0], line).expect("read"), "20000 100000");
    let busy =
        "import os, time\nos.fork()\nend = time.time() + 2\nwhile time.time() < end: pass\nprint(time.process_time())";
    let spent = lab.shell(&nodes[0], &format!("python3 -c '{busy}'")).expect("run");
    let total: f64 = spent.lines().map(|line| line.parse::<f64>().expect("seconds")).sum();
    assert!(total < 0.8, "{total} s of processor time in 2 s with 0.2 CPUs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_s_processes_are_bounded_in_what_the_whole_host_shares_and_are_ended_before_the_host_s() {
    let mut lab = Lab::new();
    lab.config.ceilings.open_files = 200;
    control::ports::coordination::AssignmentPublisher::assign_all(&lab.coordination, &[]).await.expect("published");
    lab.start();
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    let open = "import os\nfor n in range(300): os.open('/dev/null', 0)";
    assert!(
        lab.shell(&nodes[0], &format!("python3 -c \"{open}\"")).expect_err("too many").contains("Too many open files")
    );
    assert!(lab.shell(&nodes[0], "ulimit -n 300").is_err(), "nor can it raise that itself");
    assert_eq!(lab.shell(&nodes[0], "ulimit -Hc; cat /proc/self/oom_score_adj").expect("read"), "0\n500");
    assert!(
        lab.shell(&nodes[0], "echo -1 > /proc/self/oom_score_adj").is_err(),
        "it cannot put itself before the host's"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_can_be_installed() {
    let lab = Lab::started().await;
    let nodes = sized(lab.vcluster(1), 2000, 1024);
    lab.run(&nodes).await;
    lab.shell(&nodes[0], "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq cowsay")
        .expect("installed");
    assert!(lab.shell(&nodes[0], "/usr/games/cowsay moo").expect("run").contains("moo"));
}
