//! What a node has of the host: two directories it can only read. Its socket is handed over by the worker, and nodes made
//! before that was so keep working.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use control::ports::{
    coordination::{Assignment, AssignmentPublisher},
    node::NodeLink,
};
use testkit::build::OfNode as _;

use crate::lab::{Lab, address, docker};

/// Bytes on disk below a directory.
fn size(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).expect("listed").map(|entry| entry.expect("an entry"));
    let sizes = entries.map(|entry| {
        let found = entry.metadata().expect("looked at");
        found.blocks() * 512 + if found.is_dir() { size(&entry.path()) } else { 0 }
    });
    sizes.sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_writes_nothing_into_the_directories_it_has_of_the_host() {
    let lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    assert!(!lab.notes(&nodes[0]).made_before);
    let (dirs, before) = (lab.config.data_dir.join("nodes"), size(&lab.config.data_dir));
    for line in [
        "head -c 100M /dev/zero > /.docklet/run/fill",
        "head -c 100M /dev/zero > /.docklet/run/host.sock",
        "head -c 100M /dev/zero > /.docklet/bin/fill",
        "echo > /.docklet/bin/docklet-init",
        "mkdir /.docklet/run/sub",
        "ln -s / /.docklet/run/link",
        "mkfifo /.docklet/run/fifo",
        "rm -f /.docklet/run/host.sock && test ! -e /.docklet/run/host.sock",
        "mv /.docklet/run/host.sock /.docklet/run/other",
        "chmod 0777 /.docklet/run",
        "mount -o remount,rw /.docklet/run",
        "umount /.docklet/run",
        // Nothing else of the host's directory is there.
        "test -e /.docklet/run/init.sock",
    ] {
        assert!(lab.shell(&nodes[0], line).is_err(), "{line} succeeds");
    }
    assert!(size(&lab.config.data_dir) <= before + 64 * 1024, "{} grew", dirs.display());
    lab.worker().terminals(&address(&nodes[0])).await.expect("the node still answers");
    lab.remove(&nodes).await;
    lab.nothing_is_left().await;
}

/// As after a power cut between the start of a node and the handover, or by a hand that starts containers.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_started_while_no_worker_was_there_gets_its_socket_from_the_next() {
    let mut lab = Lab::started().await;
    let nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    lab.kill();
    docker(&["restart", "--time=0", &lab.name(&nodes[0])]).expect("restarted");
    let since = lab.running_since(&nodes[0]).await;
    lab.coordination.wipe();
    lab.coordination.assign_all(&nodes).await.expect("published");
    lab.start();
    lab.run(&nodes).await;
    lab.worker().terminals(&address(&nodes[0])).await.expect("the node answers");
    assert_eq!(lab.running_since(&nodes[0]).await, since, "it was not started again");
}

/// The container as a dockletd from before the handover made it: docklet-init as a file, the directory itself, writable.
fn make_as_before(lab: &Lab, node: &Assignment) {
    let (name, dir) = (lab.name(node), lab.run_dir(node.instance));
    let labels = docker(&["inspect", "--format", "{{range $k, $v := .Config.Labels}}{{$k}}={{$v}} {{end}}", &name])
        .expect("labels");
    let network = lab.network_name(node);
    docker(&["rm", "--force", &name]).expect("removed");
    std::fs::remove_dir_all(&dir).expect("removed");
    std::fs::remove_dir_all(dir.with_extension("offer")).expect("removed");
    std::fs::create_dir(&dir).expect("made");
    // Root in the node may be another user on the host.
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o777)).expect("our directory");
    let init = lab.config.data_dir.join("bin/docklet-init-of-before");
    std::fs::copy(&lab.config.init, &init).expect("copied");
    let mounts = [format!("{}:/.docklet/init:ro", init.display()), format!("{}:/.docklet/run", dir.display())];
    let ip = node.place().ip.to_string();
    let mut create = vec!["create", "--name", &name, "--network", &network, "--ip", &ip, "--entrypoint=/.docklet/init"];
    create.extend(mounts.iter().flat_map(|mount| ["--volume", mount.as_str()]));
    create.extend(
        labels.split_whitespace().filter(|label| label.starts_with("docklet.")).flat_map(|label| ["--label", label]),
    );
    create.push("docklet/base");
    docker(&create).expect("created");
    docker(&["start", &name]).expect("started");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_made_by_an_older_dockletd_keeps_working_whatever_it_did_to_its_directory() {
    let mut lab = Lab::started().await;
    let mut nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    lab.kill();
    make_as_before(&lab, &nodes[0]);
    lab.coordination.wipe();
    lab.coordination.assign_all(&nodes).await.expect("published");
    lab.start();
    lab.run(&nodes).await;
    lab.worker().terminals(&address(&nodes[0])).await.expect("it answers");
    assert!(lab.notes(&nodes[0]).made_before, "its owner is told");
    nodes = lab.restart(&nodes).await;
    assert!(lab.notes(&nodes[0]).made_before, "a restart does not make it anew");
    lab.worker().terminals(&address(&nodes[0])).await.expect("it answers after a restart");
    let precious = tempfile::NamedTempFile::new().expect("a file");
    let path = precious.path().display();
    let line = format!(
        "cd /.docklet/run && ln -s {path} link && mkdir -p a/b/c && ln -s / a/b/root && chmod 000 a && touch -- '-rf' && ln -s / ../run/offer && ln -sf /var/run/docker.sock init.sock"
    );
    lab.shell(&nodes[0], &line).expect("done");
    let refused = lab.worker().terminals(&address(&nodes[0])).await.expect_err("a link is not followed").to_string();
    assert!(refused.contains("symbolic link"), "{refused}");
    lab.remove(&nodes).await;
    lab.nothing_is_left().await;
    assert!(precious.path().exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_brings_the_present_docklet_init_and_what_runs_is_left_alone() {
    let mut lab = Lab::started().await;
    let mut nodes = lab.vcluster(1);
    lab.run(&nodes).await;
    lab.kill();
    let newer = tempfile::NamedTempFile::new().expect("a file");
    std::fs::copy(&lab.config.init, newer.path()).expect("copied");
    // What follows the program's last byte is not looked at, so it is the same program with another content.
    let mut bytes = std::fs::read(newer.path()).expect("read");
    bytes.extend(b"newer");
    std::fs::write(newer.path(), &bytes).expect("written");
    lab.config.init = newer.path().to_owned();
    lab.start();
    let present = |lab: &Lab, node: &Assignment| lab.shell(node, "tail -c 5 /proc/1/exe").expect("read");
    lab.looked_over().await;
    assert_ne!(present(&lab, &nodes[0]), "newer", "it runs what it was started with");
    lab.worker().terminals(&address(&nodes[0])).await.expect("and answers");
    nodes = lab.restart(&nodes).await;
    assert_eq!(present(&lab, &nodes[0]), "newer");
}
