//! Starting: how fast, for whom, and what is said when it cannot be.

use std::{
    error::Error,
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};

use control::ports::coordination::AssignmentPublisher;
use etcd::embedded::{EmbeddedConfig, EmbeddedError};
use rustix::fs::FlockOperation;

use crate::{SOON, cannot_start, client, directory, holds, publish, start};

#[tokio::test]
async fn it_answers_soon_also_with_data() {
    let root = directory();
    let mut times = Vec::new();
    for round in 0..4 {
        let began = Instant::now();
        let etcd = start(root.path()).await;
        times.push(began.elapsed());
        client(&etcd).ping().await.expect("an answer");
        if round == 0 {
            publish(&etcd, 4).await;
        }
        assert_eq!(holds(&etcd).await, 4);
        etcd.stop().await;
    }
    times.sort();
    // The median: this machine may be busy with something else at any one of them.
    assert!(times[1] < Duration::from_secs(5), "{times:?}");
}

#[tokio::test]
async fn it_listens_on_no_port_and_only_our_user_may_enter() {
    let root = directory();
    fs::set_permissions(root.path(), Permissions::from_mode(0o777)).expect("to open the directory");
    let etcd = start(root.path()).await;
    let pid = etcd.pid().expect("a process");
    let sockets: Vec<String> = fs::read_dir(format!("/proc/{pid}/fd"))
        .expect("its files")
        .filter_map(|entry| fs::read_link(entry.expect("an entry").path()).ok())
        .filter_map(|target| Some(target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    assert!(!sockets.is_empty());
    for table in ["tcp", "tcp6", "udp", "udp6"] {
        let open = fs::read_to_string(format!("/proc/{pid}/net/{table}")).expect("a table of sockets");
        let ours = open
            .lines()
            .skip(1)
            .filter(|line| line.split_whitespace().nth(9).is_some_and(|inode| sockets.iter().any(|s| s == inode)));
        assert_eq!(ours.count(), 0, "{table}");
    }
    for path in [root.path().to_owned(), root.path().join("run"), root.path().join("data")] {
        let mode = fs::metadata(&path).expect("a directory").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
    assert!(etcd.endpoint().starts_with(&format!("unix:{}", root.path().display())));
}

#[tokio::test]
async fn a_missing_program_is_named_with_what_to_install() {
    let root = directory();
    let error =
        cannot_start(EmbeddedConfig { binary: "no-such-etcd".into(), ..EmbeddedConfig::new(root.path()) }).await;
    let text = error.to_string();
    assert!(text.contains("no-such-etcd") && text.contains("etcd-server") && text.contains("etcd.endpoints"), "{text}");
}

#[tokio::test]
async fn a_program_that_may_not_be_run_is_told_from_a_missing_one() {
    let root = directory();
    let binary = root.path().join("etcd");
    fs::write(&binary, "no program").expect("a file");
    let error = cannot_start(EmbeddedConfig { binary, ..EmbeddedConfig::new(root.path().join("etcd-data")) }).await;
    assert!(matches!(error, EmbeddedError::Launch { .. }), "{error}");
    assert!(error.source().is_some_and(|source| source.to_string().contains("denied")));
}

fn script(root: &Path, body: &str) -> EmbeddedConfig {
    let binary = root.join("etcd");
    fs::write(&binary, format!("#!/bin/sh\n{body}\n")).expect("a script");
    fs::set_permissions(&binary, Permissions::from_mode(0o755)).expect("to make it a program");
    EmbeddedConfig { binary, ..EmbeddedConfig::new(root.join("etcd-data")) }
}

#[tokio::test]
async fn the_last_words_of_an_etcd_that_ends_at_once_are_told() {
    let root = directory();
    let began = Instant::now();
    let config = script(root.path(), "echo 'cannot do it: no space left on device' >&2; exit 1");
    let text = cannot_start(config).await.to_string();
    assert!(text.contains("exit status: 1") && text.contains("no space left on device"), "{text}");
    assert!(began.elapsed() < SOON, "it is told at once");
}

#[tokio::test]
async fn an_etcd_that_never_answers_is_given_up() {
    let root = directory();
    let config = script(root.path(), "echo 'thinking' >&2; exec sleep 600");
    let error = cannot_start(EmbeddedConfig { patience: Duration::from_millis(300), ..config }).await;
    assert!(matches!(&error, EmbeddedError::Silent { written, .. } if written == "thinking"), "{error}");
}

#[tokio::test]
async fn settings_in_the_environment_do_not_reach_it() {
    // The test's own process must not be changed, so a wrapper looks at what it was given.
    let root = directory();
    let config = script(root.path(), "env >&2; exit 1");
    let text = cannot_start(config).await.to_string();
    assert!(text.contains("PATH=") && !text.contains("CARGO"), "{text}");
}

fn lock(root: &Path) -> File {
    let database = root.join("data/member/snap/db");
    let file = File::open(&database).expect("etcd's database");
    rustix::fs::flock(&file, FlockOperation::LockExclusive).expect("its lock");
    file
}

#[tokio::test]
async fn data_that_an_earlier_instance_still_holds_are_waited_for() {
    let root = directory();
    let etcd = start(root.path()).await;
    publish(&etcd, 2).await;
    etcd.stop().await;
    let held = lock(root.path());
    let config = EmbeddedConfig { patience: Duration::from_millis(200), ..EmbeddedConfig::new(root.path()) };
    let error = cannot_start(config).await;
    assert!(matches!(&error, EmbeddedError::InUse(path) if path.ends_with(root.path())), "{error}");
    let (etcd, ()) = tokio::join!(start(root.path()), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(held);
    });
    assert_eq!(holds(&etcd).await, 2);
}
