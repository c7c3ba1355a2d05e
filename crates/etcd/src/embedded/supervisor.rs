//! The thread that starts etcd, waits for its end and starts it again. Knows no client: whether etcd answers is asked by others.

use std::{
    path::Path,
    process::{Child, ExitStatus},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use control::ports::clock::{Clock, SystemClock};
use parking_lot::{Condvar, Mutex};
use rustix::{
    io::Errno,
    process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid},
};
use tokio::sync::watch;

use super::{
    EmbeddedConfig, EmbeddedError,
    journal::Journal,
    launch::launch,
    layout::Layout,
    post_mortem::{Cause, SHORT_LIFE, cause},
};

const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What the thread is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// For an earlier instance to let go of the data.
    Waiting,
    /// It did not.
    InUse,
    Running {
        pid: u32,
    },
    /// It has ended and is started again soon.
    Down,
    /// As `Down`, but starting it again will hardly help.
    Failed(Failure),
    /// Ended as asked; the thread ends.
    Over,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// It could not be run, with the system's error number.
    Launch(i32),
    Ended(String),
}

impl Failure {
    pub(super) fn into_error(self, binary: &Path) -> EmbeddedError {
        match self {
            Self::Launch(errno) if errno == Errno::NOENT.raw_os_error() => EmbeddedError::NoProgram(binary.to_owned()),
            Self::Launch(errno) => {
                EmbeddedError::Launch { binary: binary.to_owned(), source: std::io::Error::from_raw_os_error(errno) }
            }
            Self::Ended(text) => EmbeddedError::Ended(text),
        }
    }
}

/// The handle. Dropping it kills etcd and waits for the thread.
#[derive(Debug)]
pub(super) struct Supervisor {
    shared: Arc<Shared>,
    states: watch::Receiver<State>,
    thread: Option<thread::JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    config: EmbeddedConfig,
    layout: Layout,
    journal: Journal,
    life: Mutex<Life>,
    /// Told when `ending` becomes true.
    ends: Condvar,
}

#[derive(Debug, Default)]
struct Life {
    ending: bool,
    /// Set under the lock from the start until just before it is reaped, so that no signal reaches another process.
    child: Option<Pid>,
}

impl Supervisor {
    pub(super) fn begin(config: EmbeddedConfig, layout: Layout) -> Self {
        let shared = Arc::new(Shared {
            config,
            layout,
            journal: Journal::default(),
            life: Mutex::default(),
            ends: Condvar::new(),
        });
        let (sender, states) = watch::channel(State::Waiting);
        let mine = shared.clone();
        let thread = thread::Builder::new().name("etcd".into()).spawn(move || mine.run(&sender));
        if let Err(error) = &thread {
            tracing::error!(%error, "cannot start the thread that runs etcd");
        }
        Self { shared, states, thread: thread.ok() }
    }

    pub(super) fn state(&self) -> State {
        self.states.borrow().clone()
    }

    pub(super) fn states(&self) -> watch::Receiver<State> {
        self.states.clone()
    }

    pub(super) fn written(&self) -> String {
        self.shared.journal.text()
    }

    pub(super) fn binary(&self) -> &Path {
        &self.shared.config.binary
    }

    pub(super) fn data_dir(&self) -> &Path {
        self.shared.layout.root()
    }

    /// Ends it in order, and for good.
    pub(super) fn ask_to_end(&self) {
        self.shared.end(Signal::TERM);
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.shared.end(Signal::KILL);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that ran etcd has panicked");
        }
    }
}

impl Shared {
    fn end(&self, signal: Signal) {
        let mut life = self.life.lock();
        life.ending = true;
        if let Some(child) = life.child
            && let Err(error) = kill_process(child, signal)
        {
            tracing::warn!(%error, "cannot signal etcd");
        }
        self.ends.notify_all();
    }

    /// Waits; true when it is time to end.
    fn pause(&self, pause: Duration) -> bool {
        let mut life = self.life.lock();
        if !life.ending {
            self.ends.wait_for(&mut life, pause);
        }
        life.ending
    }

    fn run(&self, states: &watch::Sender<State>) {
        if self.wait_for_the_data() {
            self.keep_running(states);
            states.send_replace(State::Over);
        } else {
            states.send_replace(State::InUse);
        }
    }

    /// False when another process holds the data for longer than our patience.
    fn wait_for_the_data(&self) -> bool {
        let deadline = Instant::now() + self.config.patience;
        while self.layout.is_in_use() {
            if Instant::now() > deadline || self.pause(BETWEEN_LOOKS) {
                return false;
            }
        }
        true
    }

    fn keep_running(&self, states: &watch::Sender<State>) {
        let mut pause = FIRST_PAUSE;
        let mut unclear_ends = 0;
        loop {
            let (began, had_data) = (Instant::now(), self.layout.has_data());
            let (state, cause) = match self.start() {
                Ok(None) => return,
                Ok(Some((child, reader))) => {
                    states.send_replace(State::Running { pid: child.id() });
                    self.after(self.wait(child, reader), began.elapsed(), had_data)
                }
                Err(error) => (State::Failed(Failure::Launch(error.raw_os_error().unwrap_or_default())), Cause::Host),
            };
            if self.life.lock().ending {
                return;
            }
            states.send_replace(state);
            unclear_ends = if cause == Cause::Unclear { unclear_ends + 1 } else { 0 };
            if had_data && (cause == Cause::Data || unclear_ends > 1) {
                unclear_ends = 0;
                self.set_data_aside();
            }
            if began.elapsed() > SHORT_LIFE {
                pause = FIRST_PAUSE;
            }
            if self.pause(pause) {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// `None` when it is time to end. Holds the lock, so that an end is either seen here or sees the child.
    fn start(&self) -> std::io::Result<Option<(Child, Option<thread::JoinHandle<()>>)>> {
        let mut life = self.life.lock();
        if life.ending {
            return Ok(None);
        }
        self.journal.clear();
        self.layout.remove_sockets()?;
        let mut child = launch(&self.config, &self.layout)?;
        life.child = Pid::from_raw(child.id().cast_signed());
        let reader = child.stderr.take().map(|written| self.journal.follow(written)).transpose()?;
        Ok(Some((child, reader)))
    }

    fn wait(&self, mut child: Child, reader: Option<thread::JoinHandle<()>>) -> std::io::Result<ExitStatus> {
        let pid = Pid::from_child(&child);
        // First without reaping: until it is reaped, no other process gets its pid.
        while let Err(Errno::INTR) = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {}
        self.life.lock().child = None;
        let status = child.wait();
        if let Some(reader) = reader
            && reader.join().is_err()
        {
            tracing::error!("the thread that read etcd's log has panicked");
        }
        status
    }

    /// What an end means.
    fn after(&self, ended: std::io::Result<ExitStatus>, lived: Duration, had_data: bool) -> (State, Cause) {
        let written = self.journal.text();
        let (how, cause) = match ended {
            Ok(status) => (status.to_string(), cause(status, lived, &written)),
            Err(error) => (error.to_string(), Cause::Host),
        };
        if !self.life.lock().ending {
            tracing::error!(how, ?lived, written, "etcd has ended by itself and is started again");
        }
        // Fresh data cannot be at fault, and a host in trouble stays in trouble for a while.
        let hopeless = lived < SHORT_LIFE && (cause == Cause::Host || !had_data);
        (if hopeless { State::Failed(Failure::Ended(format!("{how}: {written}"))) } else { State::Down }, cause)
    }

    fn set_data_aside(&self) {
        match self.layout.move_data_aside(SystemClock.now()) {
            Ok(aside) => {
                tracing::error!(aside = %aside.display(), "etcd cannot read its data; they are moved aside and coordination begins anew");
            }
            Err(error) => tracing::error!(%error, "etcd cannot read its data, and they cannot be moved aside"),
        }
    }
}
