//! `docklet ssh` and `docklet attach`: a terminal of a node in the person's own terminal. What it does when the connection
//! breaks is decided by `terminal-session`; its connection is in `connection`, its screen and keys are here.

mod connection;
mod escape;

use std::{
    collections::HashMap,
    io::{self, IsTerminal as _},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use reqwest::Method;
use terminal_session::{
    Effect, Event, Found, Generation, Moment, Session, Timer,
    status::{Ending, Link},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    time::{Instant, timeout},
};
use tokio_util::task::AbortOnDropHandle;
use wire::{
    terminal::Exit,
    terminals::{OpenTerminal, Terminal},
};

use super::named::{self, in_path};
use crate::{
    client::Client,
    failure::{Failure, Kind},
    terminal::{Changed, is_fed, size},
};
use connection::{Frames, Target};
use escape::{Escape, Key};

/// What a full terminal line discipline gives at once, and more.
const READ: usize = 16 * 1024;
/// End of input, as a terminal's keyboard sends it. Behind a line that is not complete the first only completes it.
const END_OF_INPUT: &[u8] = &[4, 4];
/// Who leaves does not wait for a server that is away.
const LEAVE_WITHIN: Duration = Duration::from_secs(2);
/// As OpenSSH's `~.`.
const GONE: u8 = 255;
/// Of a program that is left as it is: the other screen, mouse and paste modes, then a soft reset of what else it has set.
const UNSET: &[u8] = b"\x1b[?1047l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1006l\x1b[?2004l\x1b[!p\r\n";
const LOST: &str = "\r\ndocklet: the connection is lost; trying again (~. leaves)\r\n";
const BACK: &str = "docklet: connected again\r\n";

/// What comes to the session from outside, but for keys.
enum News {
    Opened(Generation, Frames),
    /// The connection could not be opened.
    Refused(Generation, Failure),
    Frame(Generation, Bytes),
    Closed(Generation, u16),
    Probed(Generation, Found),
    Elapsed(Generation, Timer),
    /// The screen has this much.
    Drawn(u64),
    /// Standard output is closed.
    ScreenGone(io::Error),
    Resized,
    /// The window is closed, or we are to end: the signal.
    HungUp(u8),
}

struct Viewer {
    target: Arc<Target>,
    session: Session,
    news: mpsc::Sender<News>,
    screen: mpsc::UnboundedSender<(Vec<u8>, Option<u64>)>,
    drawing: AbortOnDropHandle<()>,
    /// Which attempt to connect is the present one; its connection, and its task.
    attempt: Generation,
    frames: Option<Frames>,
    connection: Option<AbortOnDropHandle<()>>,
    was_live: bool,
    is_lost: bool,
    timers: HashMap<Timer, AbortOnDropHandle<()>>,
    begun: Instant,
    ending: Option<Ending>,
}

/// How it ended for the person.
enum Left {
    /// By itself.
    Ended(Ending),
    /// With `~.`.
    Gone,
    /// With this signal.
    Signal(u8),
}

impl Left {
    /// `gone`: what leaving with `~.` ends with.
    fn code(self, gone: u8) -> Result<ExitCode, Failure> {
        match self {
            Self::Ended(ending) => end(ending),
            Self::Signal(signal) => Ok(ExitCode::from(128u8.saturating_add(signal))),
            Self::Gone => Ok(ExitCode::from(gone)),
        }
    }
}

/// Opens a terminal on the node and is it until its program ends, or the person leaves with `~.`.
pub(super) async fn run(client: Client, target: &str, command: Vec<String>) -> Result<ExitCode, Failure> {
    if command.is_empty() && !io::stdin().is_terminal() {
        return Err(Failure::usage(
            "A shell needs a terminal here, too. For scripts: docklet exec VCLUSTER -- PROGRAM",
        ));
    }
    if is_fed()? {
        return Err(Failure::usage(
            "A terminal changes what is piped into it, and may miss its end. Use docklet exec in place of docklet ssh; or add \
             < /dev/null where the program reads nothing.",
        ));
    }
    let (vcluster, node) = named::node_or_first(&client, target).await?;
    let terminals = format!("/vclusters/{}/nodes/{}/terminals", in_path(&vcluster.id), in_path(&node));
    let room = size();
    let open = OpenTerminal { cols: Some(room.cols().into()), rows: Some(room.rows().into()), command };
    let terminal: Terminal = client.post(&terminals, &open).await?;
    let target = Arc::new(Target::new(client, terminals, terminal.id));
    let left = view(target.clone(), Session::from_beginning()).await;
    if !matches!(left, Ok(Left::Ended(_))) {
        // As by a terminal's window that is closed, its program is told.
        let told = timeout(LEAVE_WITHIN, target.client.send(Method::DELETE, &target.path())).await;
        if !matches!(told, Ok(Ok(()))) {
            // Also where nothing else is to be said: it is running.
            let what =
                "docklet: the server does not answer; the terminal goes on, and is in the console when it is back";
            let _ = io::Write::write_all(&mut io::stderr(), format!("{what}\r\n").as_bytes());
        }
    }
    left?.code(GONE)
}

/// Is a terminal that is open already until its program ends, or the person leaves, which changes nothing of it.
pub(super) async fn attach(client: Client, terminals: String, id: String) -> Result<ExitCode, Failure> {
    let left = view(Arc::new(Target::new(client, terminals, id)), Session::new()).await;
    if !matches!(left, Ok(Left::Ended(_))) {
        // Also where nothing else is to be said. Who cannot see it needs nothing back.
        let _ = io::Write::write_all(&mut io::stdout(), UNSET);
    }
    left?.code(0)
}

async fn view(target: Arc<Target>, session: Session) -> Result<Left, Failure> {
    let (news, mut heard) = mpsc::channel(64);
    // One piece at a time: what is not read yet, the program in front of us keeps.
    let (typed, mut keys) = mpsc::channel(1);
    let _raw = Changed::begin(rustix::termios::Termios::make_raw)?;
    let _outside = watch_outside(&news, typed)?;
    let mut viewer = Viewer::new(target, session, news);
    let mut more_keys = true;
    let mut escape = io::stdin().is_terminal().then(Escape::default);
    viewer.tell(Event::Fitted(size()))?;
    let ending = loop {
        if let Some(ending) = viewer.ending {
            break ending;
        }
        tokio::select! {
            news = heard.recv() => match news {
                Some(News::HungUp(signal)) => return Ok(Left::Signal(signal)),
                // The viewer holds a sender itself.
                None => return Ok(Left::Gone),
                Some(news) => viewer.hear(news)?,
            },
            bytes = keys.recv(), if more_keys && viewer.session.takes_input() => match bytes {
                None => {
                    more_keys = false;
                    viewer.tell(Event::Typed(END_OF_INPUT))?;
                }
                Some(bytes) => match escape.as_mut().map_or(Key::Typed(bytes.clone()), |escape| escape.take(&bytes)) {
                    Key::Leave => return Ok(Left::Gone),
                    Key::Typed(bytes) => viewer.tell(Event::Typed(&bytes))?,
                },
            },
        }
    };
    tokio::select! {
        () = viewer.finish() => Ok(Left::Ended(ending)),
        // Standard output may be blocked: a signal still ends us.
        signal = hung_up(&mut heard) => Ok(Left::Signal(signal)),
    }
}

async fn hung_up(heard: &mut mpsc::Receiver<News>) -> u8 {
    while let Some(news) = heard.recv().await {
        if let News::HungUp(signal) = news {
            return signal;
        }
    }
    std::future::pending().await
}

/// Keys, the window's size and signals, for as long as the tasks live.
fn watch_outside(
    news: &mpsc::Sender<News>,
    typed: mpsc::Sender<Vec<u8>>,
) -> Result<Vec<AbortOnDropHandle<()>>, Failure> {
    let keys = tokio::spawn(async move {
        let (mut stdin, mut buffer) = (tokio::io::stdin(), vec![0; READ]);
        while let Ok(count @ 1..) = stdin.read(&mut buffer).await {
            let Some(bytes) = buffer.get(..count) else { break };
            if typed.send(bytes.to_vec()).await.is_err() {
                break;
            }
        }
    });
    let mut watching = vec![AbortOnDropHandle::new(keys)];
    let ends = [SignalKind::hangup(), SignalKind::terminate(), SignalKind::interrupt(), SignalKind::quit()];
    for kind in ends.into_iter().chain([SignalKind::window_change()]) {
        let (news, mut signals) = (news.clone(), signal(kind)?);
        watching.push(AbortOnDropHandle::new(tokio::spawn(async move {
            while signals.recv().await.is_some() {
                let number = u8::try_from(kind.as_raw_value()).unwrap_or_default();
                let told = if kind == SignalKind::window_change() { News::Resized } else { News::HungUp(number) };
                if news.send(told).await.is_err() {
                    return;
                }
            }
        })));
    }
    Ok(watching)
}

/// Writes to standard output, so that a terminal that stands still keeps nothing else from going on. How much waits here is
/// bounded by what the session acknowledges.
async fn draw(mut screen: mpsc::UnboundedReceiver<(Vec<u8>, Option<u64>)>, news: mpsc::Sender<News>) {
    let mut out = tokio::io::stdout();
    while let Some((bytes, reaches)) = screen.recv().await {
        let written = async {
            out.write_all(&bytes).await?;
            out.flush().await
        };
        let told = match (written.await, reaches) {
            (Err(fault), _) => News::ScreenGone(fault),
            (Ok(()), Some(reached)) => News::Drawn(reached),
            (Ok(()), None) => continue,
        };
        if news.send(told).await.is_err() {
            return;
        }
    }
}

impl Viewer {
    fn new(target: Arc<Target>, session: Session, news: mpsc::Sender<News>) -> Self {
        let (screen, drawn) = mpsc::unbounded_channel();
        let drawing = AbortOnDropHandle::new(tokio::spawn(draw(drawn, news.clone())));
        Self {
            target,
            session,
            news,
            screen,
            drawing,
            attempt: Generation::default(),
            frames: None,
            connection: None,
            was_live: false,
            is_lost: false,
            timers: HashMap::new(),
            begun: Instant::now(),
            ending: None,
        }
    }

    fn hear(&mut self, news: News) -> Result<(), Failure> {
        match news {
            News::Opened(generation, frames) if generation == self.attempt => {
                (self.frames, self.was_live) = (Some(frames), true);
                self.tell(Event::Opened(generation))
            }
            // Of an attempt that was given up.
            News::Opened(..) | News::HungUp(_) => Ok(()),
            // What was never there does not come back.
            News::Refused(_, failure) if !self.was_live => Err(failure),
            News::Refused(generation, _) => self.tell(Event::Closed { generation, code: 0 }),
            News::Frame(generation, bytes) => self.tell(Event::Frame { generation, bytes: &bytes }),
            News::Closed(generation, code) => self.tell(Event::Closed { generation, code }),
            News::Probed(generation, found) => self.tell(Event::Probed(generation, found)),
            News::Elapsed(generation, timer) => self.tell(Event::Elapsed(generation, timer)),
            News::Drawn(reached) => self.tell(Event::Drawn(reached)),
            News::ScreenGone(fault) => Err(fault.into()),
            News::Resized => self.tell(Event::Fitted(size())),
        }
    }

    fn tell(&mut self, event: Event<'_>) -> Result<(), Failure> {
        for effect in self.session.handle(event, self.moment()) {
            self.carry_out(effect)?;
        }
        Ok(())
    }

    fn carry_out(&mut self, effect: Effect) -> Result<(), Failure> {
        match effect {
            Effect::Write { bytes, reaches } => self.draw(bytes, reaches),
            // RIS, as the repaint that follows expects it. A file is no screen.
            Effect::Reset if io::stdout().is_terminal() => self.draw(b"\x1bc".to_vec(), None),
            Effect::Reset => {
                let what = "Output was lost while the connection was broken; the node keeps only the end of it.";
                return Err(Failure::new(Kind::Other, what));
            }
            Effect::Connect { generation, start, size } => {
                (self.attempt, self.frames) = (generation, None);
                let path = self.target.stream(start, size);
                let connection = connection::carry(self.target.clone(), path, generation, self.news.clone());
                self.connection = Some(AbortOnDropHandle::new(tokio::spawn(connection)));
            }
            Effect::Disconnect => self.frames = None,
            Effect::Send(frame) => {
                // A connection that has ended says so itself.
                let _ = self.frames.as_ref().map(|frames| frames.send(frame));
            }
            Effect::Probe(generation) => {
                drop(tokio::spawn(connection::probe(self.target.clone(), generation, self.news.clone())))
            }
            Effect::Schedule { timer, generation, after_ms } => {
                let news = self.news.clone();
                let elapsed = tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(after_ms)).await;
                    let _ = news.send(News::Elapsed(generation, timer)).await;
                });
                // An earlier setting of the same timer ends with this.
                self.timers.insert(timer, AbortOnDropHandle::new(elapsed));
            }
            Effect::Show(status) => self.show(&status.link),
            // The window is the person's, and the screen the program's: neither is written into.
            Effect::Resize(_) | Effect::Notify(_) => {}
        }
        Ok(())
    }

    /// Only what a person has to know: a screen that stands still does not say why.
    fn show(&mut self, link: &Link) {
        match link {
            Link::Ended(ending) => self.ending = Some(*ending),
            Link::Reconnecting if !std::mem::replace(&mut self.is_lost, true) => self.say(LOST),
            Link::Live if std::mem::take(&mut self.is_lost) => self.say(BACK),
            _ => {}
        }
    }

    fn say(&self, what: &str) {
        if io::stdin().is_terminal() {
            // Who cannot read it has other signs.
            let _ = io::Write::write_all(&mut io::stderr(), what.as_bytes());
        }
    }

    fn draw(&self, bytes: Vec<u8>, reaches: Option<u64>) {
        // A screen that is gone has said so.
        let _ = self.screen.send((bytes, reaches));
    }

    /// What came before the end reaches the screen; the last acknowledgement reaches the server, which then forgets the terminal.
    async fn finish(self) {
        drop((self.frames, self.screen));
        // The outcome is known; a task that has failed changes nothing of it.
        let _ = self.drawing.await;
        if let Some(connection) = self.connection {
            let _ = timeout(LEAVE_WITHIN, connection).await;
        }
    }

    fn moment(&self) -> Moment {
        let now_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        // Chance keeps many viewers from coming back at once; what is left of a microsecond is chance enough for one.
        let chance = f64::from(self.begun.elapsed().subsec_nanos() % 1000) / 1000.0;
        Moment { now_ms, chance }
    }
}

/// The program's own exit code; 128 and the signal's number where one ended it, as shells say it.
fn end(ending: Ending) -> Result<ExitCode, Failure> {
    let gone = |what: &str| Err(Failure::new(Kind::Other, what));
    match ending {
        Ending::Exited(Exit::Code(code)) => Ok(ExitCode::from(code)),
        Ending::Exited(Exit::Signal(signal)) => Ok(ExitCode::from(128u8.saturating_add(signal))),
        Ending::Gone => gone("The terminal is gone: it was closed elsewhere, or its node was restarted."),
        Ending::NodeStopped => gone("The node is not running any more."),
        Ending::SignedOut => Err(Failure::new(Kind::NotSignedIn, "Your token is not valid any more.")),
    }
}
