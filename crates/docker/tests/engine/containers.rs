//! Containers as they really come out, looked at from inside and by the engine's own command line.

use control::ports::engine::{Engine, RunState};

use crate::bench::{Bench, docker};

fn refuses(name: &str, line: &str) -> bool {
    inside(name, &format!("if {line} 2>/dev/null; then echo done; else echo refused; fi")) == "refused"
}

fn inside(name: &str, line: &str) -> String {
    docker(&["exec", name, "sh", "-c", line])
}

#[tokio::test]
async fn a_container_is_what_its_spec_says() {
    let bench = Bench::new();
    let (_, spec, id) = bench.running().await;
    let found = bench.engine.container(bench.installation, &spec.name).await.expect("looked").expect("is there");
    assert_eq!((&found.id, &found.name), (&id, &spec.name));
    let labels = found.ours.expect("is ours");
    assert_eq!((labels.owner, labels.vcluster, labels.instance), (spec.owner, spec.vcluster, spec.instance));
    assert_eq!(labels.generation, spec.generation);
    assert!(matches!(found.run, RunState::Running { .. }));
    assert_eq!(inside(&spec.name, "hostname; id -u; pwd; echo \"$DOCKLET_TEST\""), "node-0\n0\n/\na b=c");
    assert_eq!(inside(&spec.name, "cat /proc/1/cmdline | tr '\\0' ' '"), "/bin/sh /.docklet/bin/init");
    assert!(inside(&spec.name, "hostname -I").contains(&spec.ip().expect("it has a network").to_string()));
    inside(&spec.name, "touch /root/x && ! touch /.docklet/run/x 2>/dev/null && ! touch /.docklet/bin/x 2>/dev/null");
    std::fs::write(spec.run_dir.join("y"), "").expect("written");
    inside(&spec.name, "test -e /.docklet/run/y");
}

#[tokio::test]
async fn a_container_has_only_the_powers_it_needs() {
    let bench = Bench::new();
    let (_, spec, _) = bench.running().await;
    let status = inside(&spec.name, "cat /proc/1/status");
    let value = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).expect(key).trim().to_owned();
    // CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID NET_BIND_SERVICE SYS_CHROOT AUDIT_WRITE, bit by bit.
    let expected: u64 = [0, 1, 3, 4, 5, 6, 7, 10, 18, 29].iter().map(|bit| 1u64 << bit).sum();
    for set in ["CapPrm:", "CapEff:", "CapBnd:"] {
        assert_eq!(u64::from_str_radix(&value(set), 16), Ok(expected), "{set}");
    }
    assert_eq!(value("NoNewPrivs:"), "1");
    assert_eq!(value("Seccomp:"), "2", "the engine's profile filters");
    let format = "{{.HostConfig.Privileged}} {{.HostConfig.NetworkMode}} {{.HostConfig.RestartPolicy.Name}} \
        {{len .HostConfig.PortBindings}} {{.HostConfig.LogConfig.Type}} {{json .HostConfig.LogConfig.Config}} {{len .NetworkSettings.Networks}}";
    let told = docker(&["inspect", "--format", format, &spec.name]);
    let log = r#"json-file {"max-file":"1","max-size":"1m"}"#;
    assert_eq!(told, format!("false {} no 0 {log} 1", spec.network.as_ref().expect("it has one").network));
}

#[tokio::test]
async fn limits_are_set_as_ordered() {
    let bench = Bench::new();
    let (_, spec, _) = bench.running().await;
    let format = "{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.PidsLimit}} {{.HostConfig.ShmSize}}";
    let told = docker(&["inspect", "--format", format, &spec.name]);
    assert_eq!(told, "250000000 67108864 67108864 50 33554432");
    assert_eq!(inside(&spec.name, "ulimit -n; ulimit -Hn; ulimit -c; ulimit -Hc"), "16384\n16384\n0\n0");
    assert_eq!(inside(&spec.name, "cat /proc/1/oom_score_adj /proc/self/oom_score_adj"), "500\n500");
    assert!(refuses(&spec.name, "echo -100 > /proc/self/oom_score_adj"), "a node puts itself before the host's own");
    // Where the kernel knows no weights the engine leaves it out.
    let weight = docker(&["inspect", "--format", "{{.HostConfig.BlkioWeight}}", &spec.name]);
    let is_unknown = std::path::Path::new("/sys/fs/cgroup/blkio").exists()
        && !std::path::Path::new("/sys/fs/cgroup/blkio/blkio.weight").exists();
    assert!(weight == "20" || (weight == "0" && is_unknown), "{weight}");
}

#[tokio::test]
async fn every_state_is_told_apart() {
    let bench = Bench::new();
    let (network, spec, id) = bench.running().await;
    let engine = &bench.engine;
    let state = || async { engine.container(bench.installation, &id).await.expect("looked").map(|found| found.run) };
    engine.start_container(&id, spec.ip()).await.expect("runs already");
    docker(&["pause", &spec.name]);
    assert_eq!(state().await, Some(RunState::Paused));
    engine.start_container(&id, spec.ip()).await.expect("continued");
    assert!(matches!(state().await, Some(RunState::Running { .. })));
    docker(&["pause", &spec.name]);
    engine.stop_container(&id, 5).await.expect("stopped although it was paused");
    assert!(matches!(state().await, Some(RunState::Exited { code: 0, out_of_memory: false, .. })));
    engine.stop_container(&id, 5).await.expect("stopped already");
    engine.start_container(&id, spec.ip()).await.expect("started");
    docker(&["kill", &spec.name]);
    docker(&["wait", &spec.name]);
    assert!(matches!(state().await, Some(RunState::Exited { code: 137, out_of_memory: false, .. })));
    let second = bench.container(&network, 1);
    engine.create_container(&second).await.expect("created");
    let all = engine.containers(bench.installation).await.expect("listed");
    assert_eq!(all.len(), 2);
    assert!(all.iter().any(|container| container.name == second.name && container.run == RunState::Created));
    assert!(all.iter().all(|container| container.ours.is_some()));
}

#[tokio::test]
async fn foreign_containers_are_seen_by_name_and_never_listed() {
    let (bench, other) = (Bench::new(), Bench::new());
    let (_, spec, _) = other.running().await;
    let found = bench.engine.container(bench.installation, &spec.name).await.expect("looked").expect("is there");
    assert_eq!(found.ours, None);
    assert_eq!(bench.engine.containers(bench.installation).await.expect("listed"), Vec::new());
}

#[tokio::test]
async fn the_end_of_a_log_is_read_bounded_and_clean() {
    let bench = Bench::new();
    bench.init_says("for i in $(seq 1 5000); do printf 'line %s \\033[31m\\007 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\\r\\n' $i; done; echo bad news; exit 7");
    let (_, spec, id) = bench.running().await;
    assert_eq!(docker(&["wait", &spec.name]), "7");
    let log = bench.engine.container_log(&id, 1000).await.expect("read");
    assert!(log.len() <= 4096 && log.ends_with("bad news") && log.contains("line 5000"), "{log}");
    assert!(log.chars().all(|c| c == '\n' || !c.is_control()));
    let last = bench.engine.container_log(&id, 1).await.expect("read");
    assert_eq!(last.lines().count(), 1);
}

#[tokio::test]
async fn volumes_an_image_declares_go_with_the_container_and_the_home_stays() {
    let bench = Bench::new();
    let network = bench.network();
    bench.engine.ensure_network(&network).await.expect("a network");
    bench.engine.create_volume(&bench.home(&network)).await.expect("a home");
    let spec = bench.container(&network, 0);
    let id = bench.engine.create_container(&spec).await.expect("created");
    bench.engine.start_container(&id, spec.ip()).await.expect("started");
    inside(&spec.name, "echo kept > /root/mark");
    bench.engine.remove_container(&id).await.expect("removed");
    let again = bench.engine.create_container(&spec).await.expect("created");
    bench.engine.start_container(&again, spec.ip()).await.expect("started");
    assert_eq!(inside(&spec.name, "cat /root/mark"), "kept");
}

#[tokio::test]
async fn a_home_that_the_engine_makes_for_a_container_is_known_as_ours() {
    let bench = Bench::new();
    let (network, _, _) = bench.running().await;
    // Never made by itself: the engine made it for the container.
    assert_eq!(bench.engine.has_volume(&bench.home(&network)).await, Ok(true), "it is known as this owner's");
}
