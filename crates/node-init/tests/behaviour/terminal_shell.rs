//! A terminal's program: the login shell or a command, what it finds around it, how its end is told.

use crate::support::{Node, Viewer, eventually};
use node_init::client::ClientError;
use node_init::protocol::{ErrorCode, MAX_EXITED, MAX_TERMINALS, OpenTerminal};
use wire::terminal::Exit;

fn open(id: &str, command: &[&str]) -> OpenTerminal {
    let command = command.iter().map(|&word| word.to_owned()).collect();
    OpenTerminal { id: id.parse().expect("a terminal id"), cols: 80, rows: 24, command }
}

fn code<T: std::fmt::Debug>(result: Result<T, ClientError>) -> ErrorCode {
    match result {
        Err(ClientError::Node { code, .. }) => code,
        other => panic!("the node should have refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_login_shell_answers_and_its_exit_code_is_told() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &[]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.send("echo $((6*7)) [$0] $TERM $COLORTERM $HOME $USER\n").await;
    viewer.sees("42 [-bash] xterm-256color truecolor /root root").await;
    viewer.send("exit 3\n").await;
    viewer.until("the exit", |viewer| viewer.exit.is_some()).await;
    assert_eq!(viewer.exit, Some(Exit::Code(3)));
    viewer.until("the end of the stream", |viewer| viewer.closed).await;
    assert!(node.client.terminals().await.expect("the list").is_empty(), "an exit that was seen is forgotten");
}

#[tokio::test]
async fn a_shell_sees_nothing_of_how_docklet_init_was_configured() {
    let node = Node::start(&[("DOCKLET_GRACE_MS", "2000"), ("DOCKLET_SECRET", "s"), ("KEPT", "yes")]).await;
    let id = node.open("t1", &["sh", "-c", "env; echo done"]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.sees("done").await;
    assert!(!viewer.text().contains("DOCKLET"), "{}", viewer.text());
    assert!(viewer.text().contains("KEPT=yes"));
}

#[tokio::test]
async fn a_shell_has_job_control_and_signals_as_usual() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["bash", "--norc", "-i"]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.send("grep -E 'Sig(Blk|Ign)' /proc/self/status; yes | head -n1; echo ${PIPESTATUS[0]}\n").await;
    viewer.sees("141").await;
    let text = viewer.text();
    let masks: Vec<u64> =
        text.split('\t').skip(1).filter_map(|rest| u64::from_str_radix(rest.get(..16)?, 16).ok()).collect();
    // Signals from 32 on are the C library's own.
    assert!(masks.len() == 2 && masks.iter().all(|mask| mask & 0x7fff_ffff == 0), "{text}");
    viewer.send("sleep 1000\n").await;
    eventually("the foreground process", async || {
        node.client.terminals().await.expect("the list")[0].process == "sleep"
    })
    .await;
    viewer.send("\x1a").await;
    viewer.sees("Stopped").await;
    viewer.send("kill %1; fg\n").await;
    viewer.sees("Terminated").await;
}

#[tokio::test]
async fn erasing_takes_whole_letters_where_the_terminal_itself_keeps_the_line() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["sh", "-c", "read -r line; printf %s \"$line\" | od -An -tx1"]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.send("aű你\u{7f}\u{7f}b\n").await;
    viewer.sees(" 61 62\r\n").await;
}

#[tokio::test]
async fn the_signal_that_ended_a_program_is_told() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["sh", "-c", "kill -9 $$"]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.until("the exit", |viewer| viewer.exit.is_some()).await;
    assert_eq!(viewer.exit, Some(Exit::Signal(9)));
}

#[tokio::test]
async fn all_output_comes_before_the_exit() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["sh", "-c", "seq 1 20000; exit 7"]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.until("the exit", |viewer| viewer.exit.is_some()).await;
    assert_eq!(viewer.exit, Some(Exit::Code(7)));
    let expected: String = (1..=20000).map(|n| format!("{n}\r\n")).collect();
    assert_eq!(viewer.text(), expected);
}

#[tokio::test]
async fn a_program_the_image_does_not_have_is_named() {
    let node = Node::start(&[]).await;
    let refused = node.client.open_terminal(open("t1", &["no-such-program"])).await;
    assert!(format!("{refused:?}").contains("no-such-program"));
    assert_eq!(code(refused), ErrorCode::CommandNotFound);
}

#[tokio::test]
async fn opening_twice_is_once_and_an_ended_id_is_not_used_again() {
    let node = Node::start(&[]).await;
    node.open("t1", &["sh", "-c", "read x"]).await;
    node.open("t1", &["false"]).await;
    let list = node.client.terminals().await.expect("the list");
    assert_eq!(list.len(), 1);
    assert_eq!(list[0].exited, None);
    let mut viewer = Viewer::attach(&node.client, &list[0].id).await;
    viewer.acks = false;
    viewer.send("\n").await;
    viewer.until("the exit", |viewer| viewer.exit.is_some()).await;
    assert_eq!(code(node.client.open_terminal(open("t1", &["true"])).await), ErrorCode::TerminalExited);
}

#[tokio::test]
async fn a_closed_terminal_hangs_its_program_up_and_tells_its_viewers() {
    let node = Node::start(&[]).await;
    let marker = node.run_dir.path().join("hup");
    let script = format!("trap 'touch {}; exit' HUP; echo up; while :; do sleep 0.05; done", marker.display());
    let id = node.open("t1", &["sh", "-c", &script]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.sees("up").await;
    node.client.close_terminal(id.clone()).await.expect("the terminal is closed");
    viewer.until("the exit", |viewer| viewer.exit.is_some()).await;
    assert_eq!(viewer.exit, Some(Exit::Signal(1)));
    eventually("the program to notice", async || marker.exists()).await;
    assert_eq!(code(node.client.close_terminal(id).await), ErrorCode::UnknownTerminal);
}

#[tokio::test]
async fn terminals_are_counted_and_bounded() {
    let node = Node::start(&[]).await;
    for number in 0..MAX_TERMINALS {
        node.open(&format!("t{number}"), &["cat"]).await;
    }
    let refused = node.client.open_terminal(open("one-more", &["cat"])).await;
    assert_eq!(code(refused), ErrorCode::TooManyTerminals);
    node.client.close_terminal("t5".parse().expect("an id")).await.expect("one is closed");
    node.open("one-more", &["cat"]).await;
}

#[tokio::test]
async fn only_the_last_exits_nobody_saw_are_kept() {
    let node = Node::start(&[]).await;
    for number in 0..MAX_EXITED + 4 {
        node.open(&format!("t{number}"), &["sh", "-c", "exit 5"]).await;
        eventually("its exit", async || {
            let list = node.client.terminals().await.expect("the list");
            list.last().is_some_and(|last| last.exited == Some(Exit::Code(5)))
        })
        .await;
    }
    let list = node.client.terminals().await.expect("the list");
    let ids: Vec<&str> = list.iter().map(|terminal| terminal.id.as_str()).collect();
    assert_eq!(ids.len(), MAX_EXITED);
    assert_eq!(ids[0], "t4");
    let mut viewer = Viewer::attach(&node.client, &list[0].id).await;
    viewer.until("the exit it had", |viewer| viewer.exit == Some(Exit::Code(5))).await;
}

#[tokio::test]
async fn an_exit_is_kept_until_every_viewer_there_is_has_seen_it() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["sh", "-c", "read x; exit 6"]).await;
    let mut typist = Viewer::attach(&node.client, &id).await;
    let mut slow = Viewer::attach(&node.client, &id).await;
    slow.acks = false;
    typist.send("\n").await;
    typist.until("the end of the stream", |viewer| viewer.closed).await;
    assert_eq!(typist.exit, Some(Exit::Code(6)));
    slow.until("the exit", |viewer| viewer.exit == Some(Exit::Code(6))).await;
    assert_eq!(node.client.terminals().await.expect("the list").len(), 1);
    drop(slow);
    eventually("the terminal to be forgotten", async || node.client.terminals().await.expect("the list").is_empty())
        .await;
}

#[tokio::test]
async fn the_list_tells_title_process_and_size() {
    let node = Node::start(&[]).await;
    let id = node.open("t1", &["sh", "-c", "printf '\\033]0;my title\\007up'; exec sleep 1000"]).await;
    let mut viewer = Viewer::attach(&node.client, &id).await;
    viewer.sees("up").await;
    eventually("the name of the process", async || {
        let list = node.client.terminals().await.expect("the list");
        list[0].process == "sleep"
    })
    .await;
    let terminal = node.client.terminals().await.expect("the list").remove(0);
    assert_eq!((terminal.title.as_str(), terminal.cols, terminal.rows, terminal.viewers), ("my title", 80, 24, 1));
    assert_eq!(terminal.end_offset, viewer.offset);
}
