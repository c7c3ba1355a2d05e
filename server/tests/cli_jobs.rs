//! `docklet job` and `docklet why` against a real daemon: scripts that wait for their turn, what they write, and how they end.

use std::{fs, process::Stdio};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    time::timeout,
};

use crate::{
    cli_commands::{completed, json_of, refused},
    common::{
        PROMPTLY,
        daemon::Daemon,
        person::{Person, text},
    },
};

const SMALL: [&str; 4] = ["--cpus", "0.5", "--memory", "128"];

async fn signed_in() -> (Daemon, Person) {
    let daemon = Daemon::start_usual().await;
    let person = Person::signed_in(&daemon, &daemon.admin()).await;
    (daemon, person)
}

fn submit<'a>(words: &[&'a str]) -> Vec<&'a str> {
    [&["job", "submit"], &SMALL[..], words].concat()
}

#[tokio::test]
async fn a_script_is_submitted_as_a_file_or_through_a_pipe_and_its_output_has_every_byte() {
    let (_daemon, person) = signed_in().await;
    let file = person.home.path().join("count.sh");
    fs::write(&file, "#!/bin/bash\necho \"$# of them: $*\"\necho \"$JOB_ID $JOB_NAME\" >&2\nexit 3\n").expect("a file");
    let file = file.to_str().expect("a path that is text");
    let followed = person.run(&submit(&["--follow", file, "--to", "ten"])).await;
    assert_eq!(text(&followed.stdout), "2 of them: --to ten\n1 count.sh\n", "{followed:?}");
    assert_eq!((followed.status.code(), text(&followed.stderr).as_str()), (Some(3), "Submitted job 1\n"));

    let script = "yes 0123456789 | head -c 700000; printf '\\377\\000\\r\\n'";
    let piped = person.run_with(&submit(&["--name", "bytes", "--output-file", "logs/%x.out"]), script).await;
    assert_eq!(text(&piped.stdout), "Submitted job 2\n", "{piped:?}");
    let waited = json_of(&person, &["job", "wait", "2"]).await;
    assert_eq!((&waited[0]["state"], &waited[0]["output"]), (&json!("completed"), &json!("/root/logs/bytes.out")));
    let mut bytes: Vec<u8> = b"0123456789\n".iter().copied().cycle().take(700_000).collect();
    bytes.extend(b"\xff\0\r\n");
    for words in [&["job", "logs", "2"][..], &["job", "logs", "-f", "2"]] {
        let printed = person.run(words).await;
        assert!(printed.status.success() && printed.stdout == bytes, "{words:?}: {} bytes", printed.stdout.len());
    }
    let (_, why) = person.refused(&["job", "submit"]).await;
    assert!(why.contains("--wrap"), "{why}");
    refused(&person, &["job", "submit", "no-such-file"], 2, "no-such-file cannot be read").await;
    refused(&person, &submit(&["--wrap", "true", "--time", "soon"]), 2, "HH:MM:SS").await;
    refused(&person, &submit(&["--wrap", "true", "--name", ""]), 2, "name").await;
}

#[tokio::test]
async fn what_waits_for_a_job_ends_as_it_does() {
    let (_daemon, person) = signed_in().await;
    refused(&person, &submit(&["--follow", "--wrap", "kill -KILL $$"]), 128 + 9, "").await;
    refused(&person, &submit(&["--follow", "--time", "1s", "--wrap", "sleep 1000"]), 8, "timeout").await;
    refused(&person, &submit(&["--wait", "--wrap", "exit 3"]), 8, "Job 3 (wrap): failed: exit code 3").await;
    let done = json_of(&person, &submit(&["--wait", "--wrap", "true"])).await;
    assert_eq!((&done["id"], &done["state"], &done["exit_code"]), (&json!(4), &json!("completed"), &json!(0)));
    person.prints(&["job", "wait", "4"]).await;
    let over = json_of(&person, &["job", "history"]).await;
    assert_eq!(over.as_array().map(Vec::len), Some(4), "{over}");
    let failed = person.prints(&["job", "history", "--since", "1h", "--state", "failed", "-o", "name"]).await;
    assert_eq!(failed, "3\n1\n");
    assert_eq!(person.prints(&["job", "history", "--since", "0", "-o", "name"]).await, "");
    let efficient = json_of(&person, &["job", "efficiency", "4", "1"]).await;
    assert!(efficient[0]["efficiency"]["cpu"].is_f64() && efficient[1]["id"] == 1, "{efficient}");
    let (code, why) = person.refused(&["job", "wait", "4", "3", "1"]).await;
    assert!(code == 8 && why.contains("Job 3") && why.contains("Job 1 (wrap): failed: signal 9"), "{code} {why}");
    assert!(!why.contains("Job 4"), "{why}");
}

#[tokio::test]
async fn a_job_is_held_explained_released_listed_and_cancelled() {
    let (_daemon, person) = signed_in().await;
    let submitted = person.prints(&submit(&["--hold", "--wrap", "echo released", "-o", "name"])).await;
    assert_eq!(submitted, "1\n");
    assert_eq!(person.prints(&submit(&["--hold", "--wrap", "true", "--quiet"])).await, "2\n");
    let why = json_of(&person, &["why", "1"]).await;
    assert_eq!((&why["waits"]["code"], &why["script"]), (&json!("held"), &Value::Null));
    let once_released = &why["what_ifs"][0];
    assert_eq!((&once_released["release"], &once_released["now"]), (&json!(true), &json!(true)), "{why}");
    let told = person.prints(&["why", "1"]).await;
    assert!(told.contains("once it is released it would start now"), "{told}");
    assert!(told.contains(why["waits"]["sentence"].as_str().expect("a sentence")) && told.contains("AHEAD"), "{told}");
    // The other one has been looked at, too.
    json_of(&person, &["why", "2"]).await;
    let standing = json_of(&person, &["why"]).await;
    assert_eq!(standing["waiting"], json!([{"code": "held", "jobs": 2}]), "{standing}");
    assert!(person.prints(&["why"]).await.contains("held 2"));
    let ls = async |words: &[&str]| person.prints(&[&["job", "ls", "-o", "name"], words].concat()).await;
    assert_eq!(ls(&[]).await, "2\n1\n");
    refused(&person, &["job", "wait", "1", "--timeout", "1"], 8, "Not over after 1 seconds").await;

    person.prints(&["job", "release", "1"]).await;
    person.prints(&["job", "wait", "1"]).await;
    assert_eq!(person.prints(&["job", "logs", "1"]).await, "released\n");
    assert!(person.prints(&["why", "1"]).await.contains("It does not wait."));
    let cancelled = json_of(&person, &["job", "cancel", "2", "2"]).await;
    assert_eq!(cancelled[1]["state"], "cancelled");
    refused(&person, &["job", "wait", "2"], 8, "cancelled").await;
    for (words, expected) in [
        (&["--all"][..], "2\n1\n"),
        (&[], ""),
        (&["--state", "completed"], "1\n"),
        (&["--state", "completed", "--state", "cancelled"], "2\n1\n"),
        (&["--state", "running,pending"], ""),
    ] {
        assert_eq!(ls(words).await, expected, "{words:?}");
    }
    let listed = json_of(&person, &["job", "ls", "--all"]).await;
    assert_eq!((&listed[1]["id"], listed[1].get("script")), (&json!(1), None));
    assert_eq!(json_of(&person, &["job", "show", "1"]).await["script"], "#!/bin/sh\necho released\n");
    let csv = person.prints(&["job", "ls", "--all", "-o", "csv"]).await;
    assert!(csv.starts_with("id,name,state,time,exit,submitted,reason\r\n2,wrap,cancelled,,,"), "{csv}");
    assert!(person.prints(&["job", "show", "1"]).await.contains("/root/job-1.out"));
    for words in ["show 9", "logs 9", "cancel 9", "hold 1 9", "wait 9"] {
        let words: Vec<&str> = std::iter::once("job").chain(words.split(' ')).collect();
        refused(&person, &words, 5, "You have no job 9").await;
    }
    refused(&person, &["job", "show", "first"], 2, "first").await;
    refused(&person, &["job", "ls", "--state", "sleeping"], 2, "out_of_memory").await;
    for line in
        [&["docklet", "job", "cancel", "1"][..], &["docklet", "why", "1"], &["docklet", "job", "wait", "2", "1"]]
    {
        assert_eq!(completed(&person, line).await, ["1"], "{line:?}");
    }
    assert_eq!(completed(&person, &["docklet", "job", "ls", "--state", "out"]).await, ["out_of_memory"]);
}

#[tokio::test]
async fn a_job_waits_for_another_and_for_its_time() {
    let (_daemon, person) = signed_in().await;
    person.prints(&submit(&["--hold", "--wrap", "echo one >> order"])).await;
    person.prints(&submit(&["--dependency", "afterok:1", "--nice", "5", "--wrap", "cat order"])).await;
    person.prints(&submit(&["--begin", "now+1d", "--deadline", "now+2d", "--wrap", "true"])).await;
    let shown = person.prints(&["job", "show", "2"]).await;
    assert!(shown.contains("afterok:1") && shown.contains("NICE"), "{shown}");
    let late = json_of(&person, &["job", "show", "3"]).await;
    assert!(late["begin_at"].is_string() && late["deadline"].is_string(), "{late}");
    person.prints(&["job", "release", "1"]).await;
    person.prints(&["job", "wait", "1", "2"]).await;
    assert_eq!(person.prints(&["job", "logs", "2"]).await, "one\n");
    assert_eq!(json_of(&person, &["job", "show", "3"]).await["state"], "pending");
    refused(&person, &submit(&["--after", "afterok:99", "--wrap", "true"]), 2, "99 is none").await;
    refused(&person, &submit(&["--after", "aftercorr:1", "--wrap", "true"]), 2, "aftercorr").await;
    refused(&person, &submit(&["--begin", "soon", "--wrap", "true"]), 2, "now+2h").await;
}

#[tokio::test]
async fn an_array_is_submitted_waited_for_and_looked_at_element_by_element() {
    let (_daemon, person) = signed_in().await;
    let script = "echo \"element $JOB_ARRAY_INDEX\"; [ \"$JOB_ARRAY_INDEX\" != 1 ] || exit 3";
    assert_eq!(person.prints(&submit(&["-a", "0-2", "--wrap", script])).await, "Submitted job 1\n");
    refused(&person, &["job", "wait", "1"], 8, "Job 1 (wrap): failed: 2 completed, 1 failed").await;
    let listed = person.prints(&["job", "ls", "--all"]).await;
    assert!(listed.contains("1[0-2]") && listed.contains("3/3"), "{listed}");
    assert_eq!(person.prints(&["job", "ls", "--all", "-o", "name"]).await, "1\n");
    let shown = person.prints(&["job", "show", "1"]).await;
    assert!(shown.contains("0-2") && shown.contains("2 completed, 1 failed"), "{shown}");
    let elements =
        async |words: &[&str]| person.prints(&[&["job", "elements", "1", "-o", "name"], words].concat()).await;
    assert_eq!(elements(&[]).await, "1_0\n1_1\n1_2\n");
    assert_eq!(elements(&["--state", "failed,timeout"]).await, "1_1\n");
    assert_eq!(person.prints(&["job", "logs", "1_2"]).await, "element 2\n");
    assert!(person.prints(&["why", "1_2"]).await.contains("It does not wait."));
    refused(&person, &["job", "wait", "1_0", "1_1"], 8, "Job 1_1 (wrap): failed: exit code 3").await;
    refused(&person, &["job", "logs", "1"], 2, "name one of its elements, as in 1_0").await;
    refused(&person, &["job", "elements", "1_0"], 2, "is no array").await;
    refused(&person, &["job", "show", "1_3"], 5, "You have no job 1_3").await;
    refused(&person, &submit(&["--array", "5-1", "--wrap", "true"]), 2, "array").await;
}

#[tokio::test]
async fn what_a_script_finds_and_is_tried_again_for_is_said_on_the_command_line() {
    let (_daemon, person) = signed_in().await;
    let words = ["--hold", "--env", "GREETING=good day", "--env", "HOME", "--chdir", "runs", "--signal", "all:USR1@60"];
    let retried =
        ["--retries", "2", "--retry-on", "75,host-lost", "--tag", "night", "--tag", "exp:7", "--wrap", "true"];
    person.prints(&submit(&[&words[..], &retried].concat())).await;
    let job = json_of(&person, &["job", "show", "1"]).await;
    let home = person.home.path().to_str().expect("a path that is text");
    assert_eq!(job["environment"], json!({"GREETING": "good day", "HOME": home}));
    assert_eq!((&job["directory"], &job["warning"]), (&json!("runs"), &json!("all:USR1@60")));
    assert_eq!(job["retries"], json!({"most": 2, "exit_codes": [75], "host_lost": true}));
    assert_eq!(job["tags"], json!(["exp:7", "night"]));
    let shown = person.prints(&["job", "show", "1"]).await;
    assert!(shown.contains("GREETING HOME") && shown.contains("exp:7 night"), "{shown}");
    refused(&person, &submit(&["--wrap", "true", "--env", "JOB_X=1"]), 2, "environment").await;
    refused(&person, &submit(&["--wrap", "true", "--retry-on", "75"]), 2, "--retries").await;
    refused(&person, &["job", "requeue", "9"], 5, "You have no job 9").await;
    person.prints(&["job", "cancel", "1"]).await;
    assert_eq!(json_of(&person, &["job", "requeue", "1"]).await[0]["state"], "pending");
}

#[tokio::test]
async fn all_that_wait_are_cancelled_with_one_command_and_the_queue_is_shown() {
    let (_daemon, person) = signed_in().await;
    for _ in 0..3 {
        person.prints(&submit(&["--hold", "--wrap", "true", "--quiet"])).await;
    }
    refused(&person, &["job", "cancel"], 2, "").await;
    refused(&person, &["job", "cancel", "1", "--all"], 2, "").await;
    refused(&person, &["job", "cancel", "1", "--state", "pending"], 2, "--state").await;
    refused(&person, &["job", "cancel", "--state", "pending"], 2, "--all").await;
    person.prints(&["job", "cancel", "1"]).await;
    let cancelled = json_of(&person, &["job", "cancel", "--all", "--state", "pending"]).await;
    let told = cancelled.as_array().expect("a list").iter().map(|job| (&job["id"], &job["state"]));
    let (two, three, state) = (json!(2), json!(3), json!("cancelled"));
    assert!(told.eq([(&two, &state), (&three, &state)]), "{cancelled}");
    assert_eq!(person.prints(&["job", "cancel", "--all", "-o", "name"]).await, "", "nothing is left");

    let queue = json_of(&person, &["queue"]).await;
    assert_eq!((&queue["waiting"], &queue["waiting_in_all"]), (&json!([]), &json!(0)));
    assert_eq!(queue["hosts"][0]["ready"], true);
    assert!(person.prints(&["queue", "--hosts"]).await.contains("ready"));
}

#[tokio::test]
async fn output_is_followed_from_where_it_was_over_a_server_that_was_away() {
    let (mut daemon, person) = signed_in().await;
    person.prints(&submit(&["--wrap", "echo first; until [ -e go ]; do sleep 0.05; done; echo last"])).await;
    let mut command = person.command(Person::program());
    let mut child = command.args(["job", "logs", "-f", "1"]).stdin(Stdio::null()).spawn().expect("docklet");
    let mut output = BufReader::new(child.stdout.take().expect("its output"));
    let mut printed = String::new();
    timeout(PROMPTLY * 6, output.read_line(&mut printed)).await.expect("in time").expect("a line");
    assert_eq!(printed, "first\n");
    daemon.kill();
    daemon.start().await;
    person.prints(&submit(&["--wait", "--wrap", "touch go"])).await;
    timeout(PROMPTLY * 6, output.read_to_string(&mut printed)).await.expect("in time").expect("text");
    assert_eq!(printed, "first\nlast\n", "nothing twice and nothing lost");
    assert_eq!(child.wait().await.expect("a status").code(), Some(0));
}

#[tokio::test]
async fn what_becomes_of_jobs_is_among_the_events() {
    let (_daemon, person) = signed_in().await;
    let mut command = person.command(Person::program());
    let mut child = command.args(["events", "-f", "-o", "csv"]).stdin(Stdio::null()).spawn().expect("docklet");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut line =
        async || timeout(PROMPTLY * 6, lines.next_line()).await.expect("in time").expect("text").expect("a line");
    assert_eq!(line().await, "vcluster,state,reason,when");
    person.prints(&submit(&["--hold", "--wrap", "true"])).await;
    person.prints(&["job", "cancel", "1"]).await;
    assert!(line().await.starts_with("job 1,pending,,"));
    assert!(line().await.starts_with("job 1,cancelled,,"));
}
