//! Scripts of jobs: their output in the owner's home while they run and afterwards, their time, and why one never ran.

use std::{collections::BTreeMap, fs, path::PathBuf};

use control::ports::{
    coordination::{Assignment, Workload},
    node::{FilePart, NodeError, NodeLink, ReadFile},
};
use domain::{
    job::{TimeLimit, Used},
    node::Phase,
    task::{Batch, Exit, Outcome},
};
use testkit::build;

use crate::lab::{Lab, WORKER, address, docker};

const OUTPUT: &str = "/root/runs/job-1.out";

/// A task that runs this script, with its output in this file.
fn scripted(script: &str, output: &str, time_limit_s: i64) -> Assignment {
    let task = build::task(WORKER, &["train", "--fast"]);
    let Workload::Task { command, begun, .. } = task.workload else { panic!("it is a task's") };
    let batch = Batch {
        script: script.parse().expect("a script"),
        output: output.to_owned(),
        time_limit: TimeLimit::parse(time_limit_s).expect("a time limit"),
        environment: BTreeMap::from([("JOB_ID".to_owned(), "1".to_owned())]),
        directory: None,
        warning: None,
    };
    Assignment { workload: Workload::Task { command, begun, batch: Some(batch) }, ..task }
}

/// Where a file of the owner's home is on this host.
fn in_home(task: &Assignment, path: &str) -> PathBuf {
    let home = worker::home_name(task.owner);
    let place = docker(&["volume", "inspect", "--format", "{{.Mountpoint}}", &home]).expect("a home");
    PathBuf::from(place).join(path.strip_prefix("/root/").expect("a path in the home"))
}

const fn exited(code: u8) -> Outcome {
    Outcome { exit: Exit::Code(code), out_of_memory: false, timed_out: false, used: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_runs_to_its_exit_code_with_its_output_in_the_home_in_order() {
    let lab = Lab::started().await;
    let without = "echo out; echo err >&2; echo \"$1 $JOB_ID $PWD\"; sleep 1000 & exit 3";
    let bash = "#!/bin/bash\nset -o pipefail\necho out; echo err >&2; echo \"$1 $JOB_ID $PWD\"; false | true || exit 3";
    for script in [without, bash] {
        let task = scripted(script, OUTPUT, 600);
        lab.publish(std::slice::from_ref(&task)).await;
        assert_eq!(lab.outcome(&task).await, exited(3), "{script}");
        let output = fs::read_to_string(in_home(&task, OUTPUT)).expect("its output");
        assert_eq!(output, "out\nerr\n--fast 1 /root\n", "{script}");
        lab.remove(&[task]).await;
    }
    lab.nothing_is_left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_script_used_is_told_with_its_end_beside_what_it_left_running() {
    let lab = Lab::started().await;
    let script = "python3 -u - <<'END' &\nimport time\nheld = b'x' * (50 << 20)\nwhile time.process_time() < 0.3: pass\n\
                  print('up')\ntime.sleep(1000)\nEND\nuntil [ -s /root/runs/job-1.out ]; do sleep 0.05; done";
    let task = scripted(script, OUTPUT, 600);
    lab.publish(std::slice::from_ref(&task)).await;
    let ended = lab.phase(&task, "over", |phase| matches!(phase, Phase::Exited(_))).await;
    let Phase::Exited(Outcome { used: Some(Used { cpu_ms, peak_memory_bytes }), .. }) = ended else {
        panic!("what it used is not told: {ended:?}")
    };
    assert!((250..10_000).contains(&cpu_ms), "{cpu_ms}");
    let most = u64::from(task.resources.memory_mib) << 20;
    assert!((50 << 20..=most).contains(&peak_memory_bytes), "{peak_memory_bytes}");
    lab.remove(&[task]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_limit_ends_a_script_that_does_not_want_to_end() {
    let lab = Lab::started().await;
    let task = scripted("trap '' TERM\nwhile :; do sleep 0.05; done", OUTPUT, 1);
    lab.publish(std::slice::from_ref(&task)).await;
    let killed = Outcome { exit: Exit::Signal(9), out_of_memory: false, timed_out: true, used: None };
    assert_eq!(lab.outcome(&task).await, killed);
    lab.remove(&[task]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_cannot_be_started_has_failed_and_why_is_said_in_words() {
    let lab = Lab::started().await;
    for (script, output, words) in [
        ("exit 0", "/root", "its output cannot be written to \"/root\": Is a directory"),
        ("exit 0", "/dev/null", "its output cannot be written to \"/dev/null\": this is not a regular file"),
        ("exit 0", "/sys/out", "its output cannot be written to \"/sys/out\": Read-only file system"),
        ("#!/opt/none/python\n", OUTPUT, "the interpreter \"/opt/none/python\", which is not in the image"),
    ] {
        let task = scripted(script, output, 600);
        lab.publish(std::slice::from_ref(&task)).await;
        let reason = lab.failure(&task).await;
        assert!(reason.starts_with("its script could not be started: ") && reason.contains(words), "{reason}");
        lab.remove(&[task]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_output_is_read_while_it_is_written_and_what_is_no_file_is_refused() {
    let lab = Lab::started().await;
    let task =
        scripted("mkfifo /root/fifo; echo one; until [ -e /root/go ]; do sleep 0.05; done; echo two", OUTPUT, 600);
    lab.publish(std::slice::from_ref(&task)).await;
    lab.phase(&task, "running", |phase| matches!(phase, Phase::Running { .. })).await;
    let (node, worker) = (address(&task), lab.worker().clone());
    let read = |path: &str, from, wait_ms| ReadFile { path: path.to_owned(), from, most: 100, wait_ms };
    let first = worker.read_file(&node, &read(OUTPUT, 0, 30_000)).await;
    assert_eq!(first, Ok(FilePart { size: 4, bytes: b"one\n".to_vec() }));
    let part = worker.read_file(&node, &read(OUTPUT, 2, 0)).await;
    assert_eq!(part, Ok(FilePart { size: 4, bytes: b"e\n".to_vec() }));
    let missing = worker.read_file(&node, &read("/root/none", 0, 0)).await;
    assert!(matches!(&missing, Err(NodeError::NoFile(words)) if words.contains("/root/none")), "{missing:?}");
    let fifo = worker.read_file(&node, &read("/root/fifo", 0, 30_000)).await;
    assert!(matches!(&fifo, Err(NodeError::Refused(words)) if words.contains("not a regular file")), "{fifo:?}");
    let (next, there) = (read(OUTPUT, 4, 30_000), node.clone());
    let following = tokio::spawn(async move { worker.read_file(&there, &next).await });
    lab.shell(&task, "touch /root/go").expect("a shell");
    let next = following.await.expect("no panic");
    assert_eq!(next, Ok(FilePart { size: 8, bytes: b"two\n".to_vec() }));
    assert_eq!(lab.outcome(&task).await, exited(0));
    lab.remove(&[task]).await;
}
