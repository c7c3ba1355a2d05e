//! `docklet exec` against a real daemon: a program of a node as a script meets it.

use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use tokio::{io::AsyncReadExt as _, process::Child};

use crate::common::{
    PROMPTLY,
    daemon::Daemon,
    person::{Person, feed, noise, text},
};

#[tokio::test]
async fn a_program_for_a_script_keeps_its_streams_apart_and_every_byte() {
    let daemon = Daemon::start_usual().await;
    let person = Person::signed_in(&daemon, &daemon.admin()).await;
    person.prints(&["vc", "create", "lab", "--cpus", "1", "--memory", "512", "--wait"]).await;
    let sent = noise(64 << 20);
    let mut command = person.command(Person::program());
    let done = feed(command.args(["exec", "lab", "--", "sh", "-c", "cat; echo err >&2; exit 3"]), &sent).await;
    assert_eq!((done.status.code(), text(&done.stderr).as_str()), (Some(3), "err\n"));
    assert!(done.stdout == sent, "{} bytes of {}", done.stdout.len(), sent.len());

    assert_eq!(person.prints(&["exec", "lab/node-0", "echo", "-n", "--quiet"]).await, "--quiet");
    for (command, code, words) in [
        (&["exec", "lab", "no-such-program"][..], 127, "no-such-program"),
        (&["exec", "lab", "--", "/etc/passwd"], 126, "docklet: The node cannot run \"/etc/passwd\": Permission denied"),
        (&["exec", "lab", "--", "sh", "-c", "kill -KILL $$"], 128 + 9, ""),
        (&["exec", "lab", ""], 2, "must begin with the name of a program"),
        (&["exec", "lab/node-7", "true"], 5, "no node 'node-7'"),
    ] {
        let (found, why) = person.refused(command).await;
        assert!(found == code && why.contains(words), "{command:?}: {found} {why}");
    }
}

#[tokio::test]
async fn a_program_for_a_script_hears_signals_and_ends_with_its_reader_and_with_the_token() {
    let daemon = Daemon::start_usual().await;
    let person = Person::signed_in(&daemon, &daemon.admin()).await;
    person.prints(&["vc", "create", "lab", "--cpus", "0.5", "--memory", "256", "--wait"]).await;
    let begin = async |script: &str| {
        let mut command = person.command(Person::program());
        let started = command.args(["exec", "lab", "--", "sh", "-c", script]).stdin(Stdio::piped()).spawn();
        let mut child = started.expect("docklet");
        let mut first = [0; 3];
        child.stdout.as_mut().expect("its output").read_exact(&mut first).await.expect("a line");
        child
    };
    let ended = async |mut child: Child| {
        tokio::time::timeout(PROMPTLY, child.wait()).await.expect("it ends").expect("a status").code()
    };
    let child = begin("trap 'exit 9' TERM; echo up; while :; do sleep 0.05; done").await;
    let pid = Pid::from_raw(child.id().expect("it runs").cast_signed()).expect("a pid");
    kill_process(pid, Signal::TERM).expect("a signal");
    assert_eq!(ended(child).await, Some(9));
    let mut child = begin("yes").await;
    drop(child.stdout.take());
    assert_eq!(ended(child).await, Some(141));
    let child = begin("echo in; sleep 1000").await;
    assert_eq!(daemon.sqlite3("DELETE FROM tokens"), "");
    assert_eq!(ended(child).await, Some(3));
}
