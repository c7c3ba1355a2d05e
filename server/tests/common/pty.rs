//! A person's terminal: a program runs on it, what it shows is kept, and keys are typed.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    process::Stdio,
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use rustix::{
    pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt},
    termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize},
};
use testkit::eventually;
use tokio::process::{Child, Command};

use super::PROMPTLY;

#[derive(Debug)]
pub(crate) struct Pty {
    master: File,
    shown: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
    child: Child,
}

impl Pty {
    /// With a window of so many rows and columns. For signals from its keyboard the program must make it its own, as
    /// `setsid --ctty` does.
    pub(crate) fn start(mut command: Command, (rows, cols): (u16, u16)) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags).expect("a terminal");
        grantpt(&master).and_then(|()| unlockpt(&master)).expect("ours to open");
        let user = ioctl_tiocgptpeer(&master, flags).expect("its other side");
        tcsetwinsize(&user, Winsize { ws_row: rows, ws_col: cols, ws_xpixel: 0, ws_ypixel: 0 }).expect("a size");
        let side = || Stdio::from(user.try_clone().expect("a descriptor"));
        let child = command.stdin(side()).stdout(side()).stderr(side()).spawn().expect("it runs");
        // The terminal ends when no program has it open any more, and the command holds it, too.
        drop((command, user));
        let master = File::from(master);
        let (mut reading, shown) = (master.try_clone().expect("a descriptor"), Arc::new(Mutex::new(Vec::new())));
        let kept = shown.clone();
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reading.read(&mut buffer) {
                kept.lock().expect("nothing panics in here").extend_from_slice(&buffer[..count]);
            }
        });
        Self { master, shown, reader, child }
    }

    /// Runs a program to its end on 24 rows and 80 columns: its exit code, and all it showed.
    pub(crate) async fn run(command: Command) -> (Option<i32>, String) {
        let mut terminal = Self::start(command, (24, 80));
        let code = terminal.ended().await;
        let Self { shown, reader, .. } = terminal;
        tokio::task::spawn_blocking(|| reader.join()).await.expect("no panic").expect("no panic");
        let shown = shown.lock().expect("nothing panics in there");
        (code, String::from_utf8_lossy(&shown).into_owned())
    }

    /// Its exit code.
    pub(crate) async fn ended(&mut self) -> Option<i32> {
        let ended = tokio::time::timeout(PROMPTLY * 2, self.child.wait()).await.expect("it ends");
        ended.expect("a status").code()
    }

    /// What it has shown.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().expect("nothing panics in here")).into_owned()
    }

    /// Waits until this was shown.
    pub(crate) async fn shows(&self, text: &str) {
        let is_shown = || async { self.text().contains(text) };
        eventually(&format!("the terminal shows {text:?}"), PROMPTLY * 3, is_shown).await;
    }

    pub(crate) fn types(&self, keys: &[u8]) {
        (&self.master).write_all(keys).expect("it takes them");
    }

    pub(crate) fn resize(&self, rows: u16, cols: u16) {
        let size = Winsize { ws_row: rows, ws_col: cols, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.master, size).expect("our terminal");
    }

    /// Whether keys are shown.
    pub(crate) fn echoes(&self) -> bool {
        tcgetattr(&self.master).expect("our terminal").local_modes.contains(LocalModes::ECHO)
    }
}
