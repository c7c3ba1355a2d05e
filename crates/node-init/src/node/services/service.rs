//! The life of one service: stopped, starting, running, backing off, failed, unavailable; or over, where it runs once.

use std::ffi::OsString;
use std::io::{self, PipeWriter};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Pid;
use wire::terminal::Exit;

use super::super::config::{Health, ServiceSpec, Start, WarningSpec};
use super::super::{batch, log, shell, successor};
use super::output::Output;
use crate::protocol::{NotStarted, ServiceState, ServiceStatus};

/// First argument of the helper that becomes a service.
pub(in crate::node) const SERVICE_COMMAND: &str = "service";
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A service that ran this long is healthy: its next end is a new story.
const GOOD_RUN: Duration = Duration::from_secs(60);
/// Failures in a row after which a service on demand waits to be asked for again.
const MOST_FAILURES: u32 = 3;
/// How often health is looked at while a service starts, and while it runs.
const CHECK_STARTING: Duration = Duration::from_millis(50);
const CHECK_RUNNING: Duration = Duration::from_secs(5);
/// What a shell says of a program that it cannot start.
const CANNOT_START: Exit = Exit::Code(127);

/// One service and where it is in its life.
#[derive(Debug)]
pub(super) struct Service {
    spec: ServiceSpec,
    state: State,
    /// How often it was started again, and how often it failed since its last good run or since it was asked for.
    restarts: u32,
    failures: u32,
    reason: Option<String>,
    /// Its script got the signal that comes before the end.
    warned: bool,
    pub(super) output: Output,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Unavailable,
    /// No client has asked for it, or it ended in good order.
    Stopped,
    /// It is not tried again until a client asks.
    Failed,
    /// It was to run once, and has ended like this.
    Over(Exit),
    /// To be started at `due`; `pause` is how long it had to wait.
    Waiting {
        due: Instant,
        pause: Duration,
    },
    Up {
        pid: Pid,
        since: Instant,
        pause: Duration,
        healthy: bool,
        check: Option<Instant>,
    },
}

impl Service {
    /// A service that is to be started as its specification says.
    pub(super) fn new(spec: ServiceSpec, now: Instant) -> Self {
        let state = match spec.start {
            Start::AtOnce | Start::Once => State::due(now),
            Start::OnDemand => State::Stopped,
        };
        Self { spec, state, restarts: 0, failures: 0, reason: None, warned: false, output: Output::default() }
    }

    /// A service that cannot run here.
    pub(super) fn unavailable(name: &str, reason: &str) -> Self {
        let spec = ServiceSpec { name: name.to_owned(), ..ServiceSpec::default() };
        let reason = Some(reason.to_owned());
        let (state, output) = (State::Unavailable, Output::default());
        Self { spec, state, restarts: 0, failures: 0, reason, warned: false, output }
    }

    pub(super) fn is_called(&self, name: &str) -> bool {
        self.spec.name == name
    }

    /// Its process, while it runs.
    pub(super) fn pid(&self) -> Option<Pid> {
        match self.state {
            State::Up { pid, .. } => Some(pid),
            _ => None,
        }
    }

    pub(super) fn runs_once(&self) -> bool {
        self.spec.start == Start::Once
    }

    /// How it ended, where it was to run once and has.
    pub(super) fn end(&self) -> Option<Exit> {
        match self.state {
            State::Over(exit) => Some(exit),
            _ => None,
        }
    }

    /// Why its script never ran, where it is over.
    pub(super) fn not_started(&self) -> Option<NotStarted> {
        let is_over = self.spec.batch.is_some() && self.end().is_some();
        self.reason.clone().filter(|_| is_over).map(NotStarted::new)
    }

    /// When it has run for as long as it may.
    pub(super) fn time_limit(&self) -> Option<Instant> {
        match (self.state, &self.spec.batch) {
            (State::Up { since, .. }, Some(batch)) => Some(since + Duration::from_secs(batch.time_limit_s.into())),
            _ => None,
        }
    }

    /// When its script is to be warned, where it has not been, and how.
    fn warning(&self) -> Option<(Instant, Pid, WarningSpec)> {
        let (State::Up { pid, since, .. }, Some(batch)) = (self.state, &self.spec.batch) else { return None };
        let warning = batch.warning.filter(|_| !self.warned)?;
        let after = batch.time_limit_s.saturating_sub(warning.seconds);
        Some((since + Duration::from_secs(after.into()), pid, warning))
    }

    /// The signal that is due now, and the script's own process. Once.
    pub(super) fn warn(&mut self, now: Instant) -> Option<(Pid, WarningSpec)> {
        let (_, pid, warning) = self.warning().filter(|(due, ..)| now >= *due)?;
        self.warned = true;
        Some((pid, warning))
    }

    /// When it has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Unavailable | State::Stopped | State::Failed | State::Over(_) => None,
            State::Waiting { due, .. } => Some(due),
            State::Up { check, .. } => {
                let warning = self.warning().map(|(due, ..)| due);
                check.into_iter().chain(self.time_limit()).chain(warning).min()
            }
        }
    }

    /// A client wants it to run: it is tried at once, whatever came of it before.
    pub(super) fn demand(&mut self, now: Instant, environment: &[(OsString, OsString)]) {
        match self.state {
            State::Unavailable | State::Up { .. } | State::Over(_) => {}
            State::Stopped | State::Failed if self.missing(environment).is_some() => {}
            State::Stopped | State::Failed | State::Waiting { .. } => {
                (self.failures, self.reason) = (0, None);
                self.state = State::due(now);
            }
        }
    }

    /// Starts it if that is due; looks at its health if that is.
    pub(super) fn tick(&mut self, now: Instant, environment: &[(OsString, OsString)], listens: impl Fn(u16) -> bool) {
        match &mut self.state {
            State::Waiting { due, pause } if now >= *due => {
                let pause = *pause;
                let started = self.output.writer().and_then(|output| start(&self.spec, environment, output));
                match started {
                    Ok(pid) => self.state = State::up(self.spec.health, pid, pause, now),
                    Err(error) if self.spec.start == Start::Once => {
                        log::line(format_args!("service {}: it cannot be started: {error}", self.spec.name));
                        self.output.note(&format!("it cannot be started: {error}"));
                        self.reason = Some(error.to_string());
                        self.state = State::Over(CANNOT_START);
                    }
                    Err(error) => self.back_off(pause, format!("it cannot be started: {error}"), now),
                }
            }
            State::Up { healthy, check: check @ Some(_), .. } if check.is_some_and(|at| now >= at) => {
                *healthy = self.spec.health.is_none_or(|Health::Tcp(port)| listens(port));
                *check = Some(now + if *healthy { CHECK_RUNNING } else { CHECK_STARTING });
            }
            _ => {}
        }
    }

    /// Its process ended.
    pub(super) fn ended(&mut self, exit: Exit, now: Instant) {
        let State::Up { since, mut pause, .. } = self.state else { return };
        if self.spec.start == Start::Once {
            // A script prints elsewhere: what is here was said by the helper that could not become it.
            let said = self.output.text();
            self.reason = Some(said.trim().to_owned()).filter(|said| self.spec.batch.is_some() && !said.is_empty());
            self.state = State::Over(exit);
            return;
        }
        if now.duration_since(since) >= GOOD_RUN {
            (pause, self.failures) = (Duration::ZERO, 0);
        }
        if exit == Exit::Code(0) && self.spec.start == Start::OnDemand {
            // As a user ends it from inside.
            self.output.note("it ended");
            self.state = State::Stopped;
            return;
        }
        let how = match exit {
            Exit::Code(code) => format!("it ended with code {code}"),
            Exit::Signal(signal) => format!("signal {signal} ended it"),
        };
        self.back_off(pause, how, now);
    }

    fn back_off(&mut self, pause: Duration, reason: String, now: Instant) {
        log::line(format_args!("service {}: {reason}", self.spec.name));
        let last = self.output.last_line();
        self.output.note(&reason);
        self.failures = self.failures.saturating_add(1);
        if self.spec.start == Start::OnDemand && self.failures >= MOST_FAILURES {
            let words = last.map_or_else(String::new, |line| format!("; its last output: {line}"));
            self.reason = Some(format!("{reason}, {MOST_FAILURES} times in a row{words}"));
            self.state = State::Failed;
            return;
        }
        let pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        self.restarts = self.restarts.saturating_add(1);
        self.reason = Some(format!("{reason}; it is started again"));
        self.state = State::Waiting { due: now + pause, pause };
    }

    /// Why it could not be started now. A user may have installed the program meanwhile, or removed it.
    fn missing(&self, environment: &[(OsString, OsString)]) -> Option<String> {
        let program = self.spec.command.first()?;
        match shell::find(program, environment) {
            Some(_) => None,
            None => Some(self.spec.missing.clone().unwrap_or_else(|| no_program(program))),
        }
    }

    /// What *status* answers about it.
    pub(super) fn status(&self, environment: &[(OsString, OsString)]) -> ServiceStatus {
        let missing = match self.state {
            State::Stopped | State::Failed => self.missing(environment),
            _ => None,
        };
        let state = match self.state {
            _ if missing.is_some() => ServiceState::Unavailable,
            State::Unavailable => ServiceState::Unavailable,
            State::Stopped | State::Over(_) => ServiceState::Stopped,
            State::Failed => ServiceState::Failed,
            State::Waiting { .. } if self.failures == 0 => ServiceState::Starting,
            State::Waiting { .. } => ServiceState::BackingOff,
            State::Up { healthy: true, .. } => ServiceState::Running,
            State::Up { healthy: false, .. } => ServiceState::Starting,
        };
        let pid = self.pid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
        let reason = missing.or_else(|| self.reason.clone()).filter(|_| state != ServiceState::Running);
        ServiceStatus { name: self.spec.name.clone(), state, pid, restarts: self.restarts, reason }
    }
}

impl State {
    fn due(now: Instant) -> Self {
        State::Waiting { due: now, pause: Duration::ZERO }
    }

    fn up(health: Option<Health>, pid: Pid, pause: Duration, now: Instant) -> Self {
        let check = health.map(|_| now + CHECK_STARTING);
        State::Up { healthy: check.is_none(), pid, since: now, pause, check }
    }
}

/// The helper's whole life. Returns why it could not become the service.
pub(in crate::node) fn become_service(mut arguments: impl Iterator<Item = OsString>) -> io::Error {
    match arguments.next() {
        Some(cwd) => successor::become_program(Path::new(&cwd), arguments),
        None => successor::for_ourselves_only(),
    }
}

fn no_program(program: &str) -> String {
    format!("the node has no program {program:?}")
}

/// The helper that becomes a program of the image.
fn helper(cwd: &Path, program: &str, environment: &[(OsString, OsString)]) -> io::Result<Command> {
    // A path is one from where it runs; a name is looked for where a shell would.
    let place =
        if program.contains('/') { cwd.join(program).to_string_lossy().into_owned() } else { program.to_owned() };
    let path =
        shell::find(&place, environment).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, no_program(program)))?;
    let mut helper = successor::helper(SERVICE_COMMAND);
    helper.arg(cwd).arg(path).stdin(Stdio::null());
    Ok(helper)
}

fn start(spec: &ServiceSpec, environment: &[(OsString, OsString)], output: PipeWriter) -> io::Result<Pid> {
    let Some((program, arguments)) = spec.command.split_first() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it has no command"));
    };
    let cwd = spec.cwd.as_deref().unwrap_or("/".as_ref());
    let mut helper = match &spec.batch {
        Some(batch) => batch::helper(batch, cwd)?,
        None => helper(cwd, program, environment)?,
    };
    let child = helper
        .arg(program)
        .args(arguments)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .envs(&spec.env)
        .stdout(output.try_clone()?)
        .stderr(output)
        .process_group(0)
        .spawn()?;
    Ok(Pid::from_child(&child))
}

#[cfg(test)]
mod tests;
