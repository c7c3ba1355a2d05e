//! Scripts of jobs: run once with their output in a file, ended in time, and honest about why they never ran.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use node_init::protocol::{Exit, NotStarted, Outcome, TaskResult, Used};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{binary, eventually};

const LONG: u32 = 1000;

/// docklet-init with this script, which begins in `home` and prints to `output`.
fn start(home: &TempDir, script: &str, output: &Path, time_limit_s: u32) -> Child {
    start_with(home, home.path(), json!({"script": script, "output": output, "time_limit_s": time_limit_s}))
}

/// The same with all of its script's fields, and where it begins.
fn start_with(home: &TempDir, cwd: &Path, batch: Value) -> Child {
    let services = json!([{
        "name": "task", "start": "once", "command": ["train", "--with spaces"], "cwd": cwd,
        "env": {"JOB_ID": "7"}, "batch": batch,
    }]);
    let run_dir = home.path().join(".run");
    fs::create_dir_all(&run_dir).expect("a run directory");
    let mut init = Command::new("env");
    init.arg("--default-signal").arg(binary()).env("DOCKLET_RUN_DIR", run_dir).env("DOCKLET_GRACE_MS", "500");
    init.env("DOCKLET_SERVICES", services.to_string()).stdin(Stdio::null()).stderr(Stdio::piped());
    init.spawn().expect("docklet-init starts")
}

/// How docklet-init ended, and its log.
async fn end(child: Child) -> (ExitStatus, String) {
    let output = tokio::task::spawn_blocking(|| child.wait_with_output()).await.expect("no panic").expect("its end");
    (output.status, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// How it ended, and what it had used.
fn result(log: &str) -> (TaskResult, Used) {
    let mut result = TaskResult::last_in(log).unwrap_or_else(|| panic!("no result in {log:?}"));
    let used = result.outcome.used.take().expect("what it used");
    (result, used)
}

/// Runs this script to its end; how it ended, and all that it printed.
async fn run(script: &str, time_limit_s: u32) -> (TaskResult, String) {
    let home = TempDir::new().expect("a home");
    let output = home.path().join("out");
    let (_, log) = end(start(&home, script, &output, time_limit_s)).await;
    assert_eq!(NotStarted::last_in(&log), None);
    (result(&log).0, fs::read_to_string(output).expect("its output"))
}

/// What this script had used.
async fn used(script: &str) -> Used {
    let home = TempDir::new().expect("a home");
    let (_, log) = end(start(&home, script, &home.path().join("out"), LONG)).await;
    result(&log).1
}

/// Why this script was not run.
async fn refused(script: &str, output: impl Fn(&Path) -> PathBuf) -> String {
    let home = TempDir::new().expect("a home");
    let (status, log) = end(start(&home, script, &output(home.path()), LONG)).await;
    assert_eq!((status.code(), TaskResult::last_in(&log)), (Some(127), None), "{log}");
    NotStarted::last_in(&log).unwrap_or_else(|| panic!("no reason in {log:?}")).reason().to_owned()
}

const fn in_time(exit: Exit) -> TaskResult {
    TaskResult { outcome: Outcome { exit, out_of_memory: false, timed_out: false, used: None }, told: false }
}

const fn too_late(exit: Exit) -> TaskResult {
    TaskResult { outcome: Outcome { exit, out_of_memory: false, timed_out: true, used: None }, told: false }
}

#[tokio::test]
async fn a_script_runs_to_its_end_and_prints_into_its_file_in_order() {
    let script = "#!/bin/sh\necho out; echo err >&2; echo again; cat; echo \"$1, $JOB_ID, $HOME\"; exit 3";
    let (result, output) = run(script, LONG).await;
    assert_eq!(result, in_time(Exit::Code(3)));
    assert_eq!(output, "out\nerr\nagain\n--with spaces, 7, /root\n");
    let (result, output) = run("#!/usr/bin/env python3\nimport os; print(os.getcwd(), len(os.sys.argv))", LONG).await;
    assert_eq!(result, in_time(Exit::Code(0)));
    let place = std::env::temp_dir();
    assert!(
        output.starts_with(&*place.to_string_lossy()) && output.ends_with(" 2\n"),
        "it begins in its home: {output}"
    );
    assert_eq!(run("#!/bin/sh\nkill -9 $$", LONG).await.0, in_time(Exit::Signal(9)));
}

#[tokio::test]
async fn a_script_has_the_signals_of_any_program() {
    let (_, output) = run("#!/bin/sh\ngrep -E 'Sig(Blk|Ign)' /proc/self/status", LONG).await;
    let masks = output.lines().filter_map(|line| line.split_ascii_whitespace().nth(1));
    // Those for real-time are a matter of the C library.
    let usual = |mask: &str| u64::from_str_radix(mask, 16).map(|mask| mask & 0x7fff_ffff);
    assert_eq!(masks.map(usual).collect::<Vec<_>>(), [Ok(0), Ok(0)], "{output}");
}

#[tokio::test]
async fn output_is_added_to_what_is_there_and_its_directories_are_made() {
    let home = TempDir::new().expect("a home");
    let output = home.path().join("runs of/today/out");
    for _ in 0..2 {
        end(start(&home, "#!/bin/sh\necho line", &output, LONG)).await;
    }
    assert_eq!(fs::read_to_string(output).expect("its output"), "line\nline\n");
}

#[tokio::test]
async fn what_a_script_leaves_running_or_closes_does_not_keep_it() {
    let begun = Instant::now();
    let forks = "#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8 9 10; do sleep 1000 & done\necho all; exit 0";
    assert_eq!(run(forks, LONG).await, (in_time(Exit::Code(0)), "all\n".to_owned()));
    assert_eq!(run("#!/bin/sh\nexec >&- 2>&-\nexit 5", LONG).await.0, in_time(Exit::Code(5)));
    assert!(begun.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn the_time_limit_ends_also_a_script_that_does_not_want_to_end() {
    let begun = Instant::now();
    let stubborn = "#!/bin/sh\ntrap '' TERM\necho up; while :; do sleep 0.05; done";
    assert_eq!(run(stubborn, 1).await, (too_late(Exit::Signal(9)), "up\n".to_owned()));
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(1500) && took < Duration::from_secs(10), "{took:?}");
    let polite = "#!/bin/sh\ntrap 'echo bye; exit 4' TERM\nwhile :; do sleep 0.05; done";
    let (result, output) = run(polite, 1).await;
    // Its shell may say that the `sleep` of that moment was ended, too.
    assert_eq!((result, output.ends_with("bye\n")), (too_late(Exit::Code(4)), true), "{output}");
    assert_eq!(run("#!/bin/sh\nsleep 1000", 1).await.0, too_late(Exit::Signal(15)));
}

#[tokio::test]
async fn a_script_that_is_told_to_end_did_not_run_out_of_time() {
    let home = TempDir::new().expect("a home");
    let output = home.path().join("out");
    let child = start(&home, "#!/bin/sh\necho up; exec sleep 1000", &output, LONG);
    eventually("it to run", async || fs::read_to_string(&output).is_ok_and(|text| text == "up\n")).await;
    kill_process(Pid::from_child(&child), Signal::TERM).expect("the signal is sent");
    let (result, _) = result(&end(child).await.1);
    assert_eq!(result, TaskResult { told: true, ..in_time(Exit::Signal(15)) });
}

#[tokio::test]
async fn the_cpu_time_of_a_script_and_of_what_it_waited_for_is_told() {
    let busy = "#!/usr/bin/env python3\nimport time\nwhile time.process_time() < 0.3: pass";
    let nested = format!("#!/bin/sh\npython3 - <<'END'\n{}\nEND\n", busy.split_once('\n').expect("two lines").1);
    for script in [busy, &nested] {
        let Used { cpu_ms, .. } = used(script).await;
        assert!((200..10_000).contains(&cpu_ms), "{cpu_ms}");
    }
    let idle = used("#!/bin/sh\nsleep 0.3").await.cpu_ms;
    assert!(idle < 200, "waiting is no use: {idle}");
}

#[tokio::test]
async fn the_most_memory_that_a_script_had_is_told() {
    let grows = "#!/usr/bin/env python3\nheld = b'x' * (50 << 20)\ndel held";
    let (grown, small) = (used(grows).await.peak_memory_bytes, used("#!/bin/sh\ntrue").await.peak_memory_bytes);
    assert!((50 << 20..200 << 20).contains(&grown), "{grown}");
    assert!((1..50 << 20).contains(&small), "{small}");
}

#[tokio::test]
async fn output_that_can_go_nowhere_is_said_in_words_and_waits_for_nobody() {
    let script = "#!/bin/sh\nexit 0";
    let said = refused(script, Path::to_owned).await;
    assert!(said.starts_with("its output cannot be written to ") && said.contains("Is a directory"), "{said}");
    let fifo = |home: &Path| {
        let path = home.join("fifo");
        mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).expect("a FIFO");
        path
    };
    assert!(refused(script, fifo).await.contains("not a regular file"));
    let read = |home: &Path| {
        let path = fifo(home);
        // There is a reader, then: until the test is over.
        let reader = rustix::fs::open(&path, OFlags::RDWR | OFlags::NONBLOCK, Mode::empty()).expect("it is opened");
        std::mem::forget(reader);
        path
    };
    assert!(refused(script, read).await.contains("not a regular file"));
    assert!(refused(script, |_| "/dev/null".into()).await.contains("not a regular file"));
    assert!(refused(script, |_| "/proc/docklet/out".into()).await.contains("\"/proc/docklet/out\": No such file"));
    let missing = refused("#!/no/such/interpreter -u\nexit 0", |home| home.join("out")).await;
    assert!(missing.contains("the interpreter \"/no/such/interpreter\", which is not in the image"), "{missing}");
    let closed = refused("#!/etc/passwd\nexit 0", |home| home.join("out")).await;
    assert!(closed.contains("the interpreter \"/etc/passwd\" of its first line cannot be run"), "{closed}");
}

/// What this script printed that was warned one second after its start, of two.
async fn warned(script: &str, all: bool) -> (Option<TaskResult>, String) {
    let home = TempDir::new().expect("a home");
    let output = home.path().join("out");
    let warning = json!({"signal": 10, "seconds": 1, "all": all});
    let batch = json!({"script": script, "output": output, "time_limit_s": 2, "warning": warning});
    let (_, log) = end(start_with(&home, home.path(), batch)).await;
    let mut result = TaskResult::last_in(&log);
    // How much that took is another test's.
    result.iter_mut().for_each(|result| result.outcome.used = None);
    (result, fs::read_to_string(output).expect("its output"))
}

#[tokio::test]
async fn a_script_is_warned_once_before_its_time_is_over() {
    let begun = Instant::now();
    let careful = "#!/bin/sh\ntrap 'echo saved; exit 7' USR1\necho up\nwhile :; do sleep 0.05; done";
    assert_eq!(warned(careful, false).await, (Some(in_time(Exit::Code(7))), "up\nsaved\n".to_owned()));
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let careless = "#!/bin/sh\ntrap 'echo heard' USR1\nwhile :; do sleep 0.05; done";
    let (result, output) = warned(careless, false).await;
    assert_eq!(result, Some(too_late(Exit::Signal(15))), "its time is over all the same");
    assert_eq!(output.matches("heard").count(), 1, "{output}");
}

#[tokio::test]
async fn a_warning_reaches_the_script_alone_or_all_its_processes() {
    let family = "#!/bin/sh\ntrap 'echo parent; wait; exit 0' USR1\n\
                  sh -c 'trap \"echo child; exit 0\" USR1; while :; do sleep 0.05; done' &\nwait";
    let (result, output) = warned(family, false).await;
    assert_eq!(
        (result.map(|result| result.outcome.timed_out), output.contains("child")),
        (Some(true), false),
        "{output}"
    );
    let (result, output) = warned(family, true).await;
    assert_eq!(result.map(|result| result.outcome.timed_out), Some(false), "{output}");
    assert!(output.contains("parent\n") && output.contains("child\n"), "{output}");
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_said_in_words() {
    let home = TempDir::new().expect("a home");
    let batch = json!({"script": "#!/bin/sh\nexit 0", "output": home.path().join("out"), "time_limit_s": LONG});
    let (_, log) = end(start_with(&home, &home.path().join("runs"), batch)).await;
    let fault = NotStarted::last_in(&log).unwrap_or_else(|| panic!("no reason in {log:?}"));
    assert!(fault.reason().contains("runs\" cannot be entered: No such file or directory"), "{}", fault.reason());
    assert!(!home.path().join("out").exists(), "nothing was written");
}
