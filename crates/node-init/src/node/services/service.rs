//! The life of one service: starting, running, backing off, unavailable.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Pid;
use wire::terminal::Exit;

use super::super::config::{Health, ServiceSpec};
use super::super::{log, shell, successor};
use crate::protocol::{ServiceState, ServiceStatus};

/// First argument of the helper that becomes a service.
pub(in crate::node) const SERVICE_COMMAND: &str = "service";
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A service that ran this long is healthy: its next end is a new story.
const GOOD_RUN: Duration = Duration::from_secs(60);
/// How often health is looked at while a service starts, and while it runs.
const CHECK_STARTING: Duration = Duration::from_millis(100);
const CHECK_RUNNING: Duration = Duration::from_secs(5);

/// One service and where it is in its life.
#[derive(Debug)]
pub(super) struct Service {
    name: String,
    state: State,
    restarts: u32,
    reason: Option<String>,
}

#[derive(Debug)]
enum State {
    Unavailable,
    /// To be started at `due`; `pause` is how long it had to wait.
    Waiting {
        spec: ServiceSpec,
        due: Instant,
        pause: Duration,
    },
    Up {
        spec: ServiceSpec,
        pid: Pid,
        since: Instant,
        pause: Duration,
        healthy: bool,
        check: Option<Instant>,
    },
}

impl Service {
    /// A service that is to be started at once.
    pub(super) fn new(spec: ServiceSpec, now: Instant) -> Self {
        let name = spec.name.clone();
        Self { name, state: State::Waiting { spec, due: now, pause: Duration::ZERO }, restarts: 0, reason: None }
    }

    /// A service that cannot run here.
    pub(super) fn unavailable(name: &str, reason: &str) -> Self {
        Self { name: name.to_owned(), state: State::Unavailable, restarts: 0, reason: Some(reason.to_owned()) }
    }

    /// Its process, while it runs.
    pub(super) fn pid(&self) -> Option<Pid> {
        match self.state {
            State::Up { pid, .. } => Some(pid),
            _ => None,
        }
    }

    /// When it has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Unavailable => None,
            State::Waiting { due, .. } => Some(*due),
            State::Up { check, .. } => *check,
        }
    }

    /// Starts it if that is due; looks at its health if that is.
    pub(super) fn tick(&mut self, now: Instant, environment: &[(OsString, OsString)], listens: impl Fn(u16) -> bool) {
        match &mut self.state {
            State::Waiting { spec, due, pause } if now >= *due => {
                let (spec, pause) = (spec.clone(), *pause);
                match start(&spec, environment) {
                    Ok(pid) => self.state = State::up(spec, pid, pause, now),
                    Err(error) => self.back_off(spec, pause, format!("it cannot be started: {error}"), now),
                }
            }
            State::Up { spec, healthy, check: check @ Some(_), .. } if check.is_some_and(|at| now >= at) => {
                *healthy = spec.health.is_none_or(|Health::Tcp(port)| listens(port));
                *check = Some(now + if *healthy { CHECK_RUNNING } else { CHECK_STARTING });
            }
            _ => {}
        }
    }

    /// Its process ended.
    pub(super) fn ended(&mut self, exit: Exit, now: Instant) {
        let State::Up { spec, since, pause, .. } = &self.state else { return };
        let pause = if now.duration_since(*since) >= GOOD_RUN { Duration::ZERO } else { *pause };
        let how = match exit {
            Exit::Code(code) => format!("it ended with code {code}"),
            Exit::Signal(signal) => format!("signal {signal} ended it"),
        };
        self.back_off(spec.clone(), pause, how, now);
    }

    fn back_off(&mut self, spec: ServiceSpec, pause: Duration, reason: String, now: Instant) {
        log::line(format_args!("service {}: {reason}", self.name));
        let pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        self.restarts = self.restarts.saturating_add(1);
        self.reason = Some(format!("{reason}; it is started again"));
        self.state = State::Waiting { spec, due: now + pause, pause };
    }

    /// What *status* answers about it.
    pub(super) fn status(&self) -> ServiceStatus {
        let state = match &self.state {
            State::Unavailable => ServiceState::Unavailable,
            State::Waiting { .. } if self.restarts == 0 => ServiceState::Starting,
            State::Waiting { .. } => ServiceState::BackingOff,
            State::Up { healthy: true, .. } => ServiceState::Running,
            State::Up { healthy: false, .. } => ServiceState::Starting,
        };
        let pid = self.pid().map(|pid| pid.as_raw_nonzero().get().unsigned_abs());
        let reason = self.reason.clone().filter(|_| state != ServiceState::Running);
        ServiceStatus { name: self.name.clone(), state, pid, restarts: self.restarts, reason }
    }
}

impl State {
    fn up(spec: ServiceSpec, pid: Pid, pause: Duration, now: Instant) -> Self {
        let check = spec.health.map(|_| now + CHECK_STARTING);
        State::Up { healthy: check.is_none(), spec, pid, since: now, pause, check }
    }
}

/// The helper's whole life. Returns why it could not become the service.
pub(in crate::node) fn become_service(mut arguments: impl Iterator<Item = OsString>) -> io::Error {
    match arguments.next() {
        Some(cwd) => successor::become_program(Path::new(&cwd), arguments),
        None => successor::for_ourselves_only(),
    }
}

fn start(spec: &ServiceSpec, environment: &[(OsString, OsString)]) -> io::Result<Pid> {
    let Some((program, arguments)) = spec.command.split_first() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it has no command"));
    };
    let path = shell::find(program, environment)
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("the node has no program {program:?}")))?;
    let child = successor::helper(SERVICE_COMMAND)
        .arg(spec.cwd.as_deref().unwrap_or("/".as_ref()))
        .arg(path)
        .arg(program)
        .args(arguments)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .envs(&spec.env)
        .stdin(Stdio::null())
        .process_group(0)
        .spawn()?;
    Ok(Pid::from_child(&child))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper(health: Option<Health>) -> ServiceSpec {
        let command = ["/bin/sh", "-c", "exit 0"].map(str::to_owned).to_vec();
        ServiceSpec { name: "s".into(), command, env: Default::default(), cwd: None, health }
    }

    fn up(health: Option<Health>, pause: Duration, now: Instant) -> Service {
        let mut service = Service::new(sleeper(health), now);
        service.state = State::up(sleeper(health), Pid::INIT, pause, now);
        service
    }

    #[test]
    fn the_pause_before_a_restart_grows_and_is_bounded() {
        let now = Instant::now();
        let mut pauses = Vec::new();
        let mut pause = Duration::ZERO;
        for _ in 0..10 {
            let mut service = up(None, pause, now);
            service.ended(Exit::Code(1), now);
            pause = service.deadline().expect("it is started again") - now;
            pauses.push(pause);
        }
        assert_eq!(pauses[..3], [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4]);
        assert_eq!(pauses[9], LONGEST_PAUSE);
    }

    #[test]
    fn a_good_run_forgets_earlier_failures() {
        let now = Instant::now();
        let mut service = up(None, LONGEST_PAUSE, now);
        service.ended(Exit::Code(1), now + GOOD_RUN);
        assert_eq!(service.deadline(), Some(now + GOOD_RUN + FIRST_PAUSE));
    }

    #[test]
    fn it_runs_once_its_port_is_open_and_starts_again_when_that_closes() {
        let now = Instant::now();
        let mut service = up(Some(Health::Tcp(22)), Duration::ZERO, now);
        assert_eq!(service.status().state, ServiceState::Starting);
        service.tick(now + CHECK_STARTING, &[], |port| port == 22);
        assert_eq!(service.status().state, ServiceState::Running);
        service.tick(now + CHECK_STARTING + CHECK_RUNNING, &[], |_| false);
        assert_eq!(service.status().state, ServiceState::Starting);
    }

    #[test]
    fn an_end_is_told_with_its_reason() {
        let now = Instant::now();
        let mut service = up(None, Duration::ZERO, now);
        service.ended(Exit::Signal(9), now);
        let status = service.status();
        assert_eq!((status.state, status.restarts), (ServiceState::BackingOff, 1));
        assert_eq!(status.reason.as_deref(), Some("signal 9 ended it; it is started again"));
    }
}
