//! Repainting inside of real programs: a viewer that comes in the middle shows what one shows that saw everything.

use crate::support::{Container, Viewer, client_id};
use node_init::protocol::{OpenTerminal, Resume, TerminalId};
use wire::terminal::ClientFrame;

const COLS: u16 = 90;
const ROWS: u16 = 28;
/// The project's own image has the programs; `make image` builds it.
const IMAGE: &str = "docklet/base";

/// Another terminal model than the node's own.
fn shown(bytes: &[u8]) -> avt::Terminal {
    let mut terminal = avt::Terminal::with_scrollback(COLS.into(), ROWS.into(), None).expect("a size");
    terminal.feed(String::from_utf8_lossy(bytes).as_ref());
    terminal
}

struct Session {
    node: Container,
    id: TerminalId,
    /// Sees everything from the beginning.
    witness: Viewer,
}

impl Session {
    async fn start(command: &[&str]) -> Self {
        let node = Container::ready(IMAGE, &["--network=none"]).await;
        let id: TerminalId = "t1".parse().expect("an id");
        let command = command.iter().map(|&word| word.to_owned()).collect();
        let request = OpenTerminal { id: id.clone(), cols: COLS, rows: ROWS, command };
        node.client.open_terminal(request).await.expect("the terminal opens");
        let witness = Viewer::attach_as(&node.client, &id, client_id(), Resume::Offset(0), COLS, ROWS).await;
        Self { node, id, witness }
    }

    /// Types, and waits until the screen shows something.
    async fn types(&mut self, keys: &str, shows: &str) {
        self.witness.send(keys).await;
        self.shows(shows).await;
    }

    async fn shows(&mut self, text: &str) {
        self.witness
            .until(text, |witness| {
                shown(&witness.output).screen().visible_lines().any(|line| line.text().contains(text))
            })
            .await;
    }

    /// A viewer that comes now.
    async fn newcomer(&self) -> Viewer {
        let name = client_id();
        let mut viewer = Viewer::attach_as(&self.node.client, &self.id, name, Resume::Snapshot, COLS, ROWS).await;
        viewer.until("the snapshot", |viewer| viewer.snapshots == 1).await;
        viewer
    }

    /// Both viewers have seen the same; do they show the same?
    async fn compare(&mut self, newcomer: &mut Viewer) {
        // What was on its way to one of them gets there before the answer to a ping.
        for viewer in [&mut self.witness, newcomer] {
            let nonce = viewer.pongs.len() as u64;
            viewer.frame(ClientFrame::Ping { nonce }).await;
            viewer.until("the answer", |viewer| viewer.pongs.last() == Some(&nonce)).await;
        }
        let end = self.witness.offset.max(newcomer.offset);
        self.witness.until("all output", |viewer| viewer.offset >= end).await;
        newcomer.until("all output", |viewer| viewer.offset >= end).await;
        let until = usize::try_from(newcomer.offset).expect("an offset");
        let all = shown(&self.witness.output[..until.min(self.witness.output.len())]);
        let repainted = shown(&[&newcomer.snapshot[..], &newcomer.output[..]].concat());
        let lines = |terminal: &avt::Terminal| -> Vec<String> {
            terminal.screen().visible_lines().map(|line| line.text().trim_end().to_owned()).collect()
        };
        assert_eq!(lines(&all), lines(&repainted));
        assert_eq!(all.cursor(), repainted.cursor());
        assert_eq!(all.active_screen_kind(), repainted.active_screen_kind());
        let pens = |terminal: &avt::Terminal| -> Vec<Vec<avt::Pen>> {
            let row = |line: &avt::Line| {
                line.cells().iter().filter(|cell| cell.char() != ' ').map(|cell| *cell.pen()).collect()
            };
            terminal.screen().visible_lines().map(row).collect()
        };
        assert_eq!(pens(&all), pens(&repainted));
        assert_eq!(all.primary_screen().text(), repainted.primary_screen().text());
        assert_eq!(all.cursor_key_app_mode(), repainted.cursor_key_app_mode());
    }
}

#[tokio::test]
async fn inside_vim_and_after_leaving_it() {
    let mut session = Session::start(&["bash", "--norc", "-i"]).await;
    session.types("for i in 1 2 3 4 5; do printf '\\e[3%dmbefore %d\\e[0m\\n' $i $i; done\n", "before 5").await;
    session.types("vim -u NONE -c 'syntax on' -c 'set number' /etc/bash.bashrc\n", "bash.bashrc").await;
    session.types("/PS1\n", "PS1").await;
    let mut in_vim = session.newcomer().await;
    session.compare(&mut in_vim).await;
    session.types("iwörld 漢字 ☃\x1b:vsplit\n\x06", "漢字").await;
    session.compare(&mut in_vim).await;
    let mut in_split = session.newcomer().await;
    session.types("\x17w\x15dd:set nonumber\n", "PS1").await;
    session.types(":qa!\n", "before 5").await;
    session.types("echo after\n", "after").await;
    session.compare(&mut in_vim).await;
    session.compare(&mut in_split).await;
}

#[tokio::test]
async fn inside_less_and_after_leaving_it() {
    let mut session = Session::start(&["bash", "--norc", "-i"]).await;
    session.types("ls -la --color=always /etc | less -R\n", "total").await;
    session.types(" ", ":").await;
    let mut newcomer = session.newcomer().await;
    session.types("/conf\n", "conf").await;
    session.compare(&mut newcomer).await;
    session.types("q", "bash-").await;
    session.types("echo back\n", "back").await;
    session.compare(&mut newcomer).await;
}

#[tokio::test]
async fn inside_a_program_that_redraws_all_the_time() {
    for program in ["htop", "top"] {
        let mut session = Session::start(&[program]).await;
        session.shows("PID").await;
        let mut newcomer = session.newcomer().await;
        session.witness.until("more", |witness| witness.offset > newcomer.reply.start_offset + 500).await;
        session.compare(&mut newcomer).await;
    }
}

#[tokio::test]
async fn inside_tmux_with_two_panes() {
    let mut session = Session::start(&["bash", "--norc", "-i"]).await;
    session.types("tmux -f /dev/null new 'bash --norc -i'\n", "[0]").await;
    session.types("seq 1 200\n", "200").await;
    session.types("tmux split-window -h\n", "│").await;
    let mut newcomer = session.newcomer().await;
    session.types("ls --color=always /\n", "usr").await;
    session.types("tmux split-window; tmux copy-mode -t 0\n", "[0/").await;
    session.compare(&mut newcomer).await;
    let mut later = session.newcomer().await;
    session.types("tmux display-message left; tmux detach-client\n", "detached").await;
    session.compare(&mut later).await;
}

#[tokio::test]
async fn in_the_middle_of_a_character_and_of_a_sequence() {
    let script = "stty raw -echo; printf 'a\\342\\202'; read x; printf '\\254b\\033[3'; read x; printf '1mred\\033]0;ti'; \
                  read x; printf 'tle\\007done'; cat";
    let mut session = Session::start(&["bash", "-c", script]).await;
    session.shows("a").await;
    let mut viewers = vec![session.newcomer().await];
    for shows in ["€b", "red", "done"] {
        session.types("\n", shows).await;
        for viewer in &mut viewers {
            session.compare(viewer).await;
        }
        viewers.push(session.newcomer().await);
    }
    assert_eq!(session.node.client.terminals().await.expect("the list")[0].title, "title");
}
