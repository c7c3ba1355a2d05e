//! Supervised services: started after the node is ready or when a client asks, started again when they end, and honest
//! about why they do not run.

mod output;
mod service;

use std::ffi::OsString;
use std::os::fd::BorrowedFd;
use std::time::Instant;

use rustix::process::Pid;
use wire::terminal::Exit;

use super::config::{Config, ServiceSpec, WarningSpec};
use super::used::Meter;
use super::{listeners, shell, sshd};
use crate::protocol::{ErrorBody, ErrorCode, NotStarted, ServiceLog, ServiceState, ServiceStatus, Used};
pub(super) use service::{SERVICE_COMMAND, become_service};

use service::Service;

/// The services of the node.
#[derive(Debug)]
pub(super) struct Services {
    all: Vec<Service>,
    /// Of the one that runs once.
    meter: Option<Meter>,
    environment: Vec<(OsString, OsString)>,
}

impl Services {
    /// What the configuration asks for; nothing is started yet.
    pub(super) fn new(config: &Config, now: Instant) -> Self {
        let mut all = Vec::new();
        if config.sshd {
            all.push(match sshd::missing() {
                None => Service::new(sshd::spec(), now),
                Some(reason) => Service::unavailable(sshd::NAME, reason),
            });
        }
        match &config.services {
            Ok(specs) => all.extend(specs.iter().map(|spec: &ServiceSpec| Service::new(spec.clone(), now))),
            Err(reason) => all.push(Service::unavailable("services", reason)),
        }
        let meter = all.iter().any(Service::runs_once).then(|| Meter::new(now));
        Self { all, meter, environment: shell::with_root_variables(&config.environment) }
    }

    /// Starts what is due and looks at the health of what runs, and at what it uses.
    pub(super) fn tick(&mut self, now: Instant) {
        if let Some(meter) = &mut self.meter {
            meter.tick(now);
        }
        for service in &mut self.all {
            service.tick(now, &self.environment, listeners::on);
        }
    }

    /// When [`tick`](Self::tick) has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.all.iter().filter_map(Service::deadline).chain(self.meter.as_ref().map(Meter::deadline)).min()
    }

    /// A child was reaped; it may have been a service.
    pub(super) fn reaped(&mut self, pid: Pid, exit: Exit, scratch: &mut [u8], now: Instant) {
        if let Some(service) = self.all.iter_mut().find(|service| service.pid() == Some(pid)) {
            // What it said last lies in the pipe still.
            service.output.take_in(scratch);
            service.ended(exit, now);
        }
    }

    /// One of them is to run once.
    pub(super) fn run_once(&self) -> bool {
        self.meter.is_some()
    }

    /// What the one that runs once has used until now.
    pub(super) fn used(&mut self) -> Option<Used> {
        self.meter.as_mut()?.sum()
    }

    /// How the service that runs once ended, when it has.
    pub(super) fn end(&self) -> Option<Exit> {
        self.all.iter().find_map(Service::end)
    }

    /// Why the script that was to run never did.
    pub(super) fn not_started(&self) -> Option<NotStarted> {
        self.all.iter().find_map(Service::not_started)
    }

    /// One of them has run for as long as it may.
    pub(super) fn is_over_time(&self, now: Instant) -> bool {
        self.all.iter().filter_map(Service::time_limit).any(|limit| now >= limit)
    }

    /// The signal that is due before the end of a script's time, and that one's own process.
    pub(super) fn warn(&mut self, now: Instant) -> Option<(Pid, WarningSpec)> {
        self.all.iter_mut().find_map(|service| service.warn(now))
    }

    /// What *status* answers.
    pub(super) fn statuses(&self) -> Vec<ServiceStatus> {
        self.all.iter().map(|service| service.status(&self.environment)).collect()
    }

    /// A client wants it to run.
    pub(super) fn start(&mut self, name: &str, now: Instant) -> Result<ServiceStatus, ErrorBody> {
        let service = self.all.iter_mut().find(|service| service.is_called(name)).ok_or_else(|| unknown(name))?;
        service.demand(now, &self.environment);
        service.tick(now, &self.environment, listeners::on);
        Ok(service.status(&self.environment))
    }

    /// What it printed last.
    pub(super) fn log(&self, name: &str) -> Result<ServiceLog, ErrorBody> {
        let service = self.all.iter().find(|service| service.is_called(name)).ok_or_else(|| unknown(name))?;
        Ok(ServiceLog { text: service.output.text() })
    }

    /// Whether somebody can log in by ssh; else why not.
    pub(super) fn admit_ssh(&self) -> Result<(), ErrorBody> {
        let service = self.all.iter().find(|service| service.is_called(sshd::NAME));
        let Some(ServiceStatus { state, reason, .. }) = service.map(|service| service.status(&self.environment)) else {
            return Err(sshd::unavailable("this node was made without it"));
        };
        match state {
            ServiceState::Running | ServiceState::Starting => Ok(()),
            _ => Err(sshd::unavailable(reason.as_deref().unwrap_or("it has ended"))),
        }
    }

    /// Where the services print to, by their place in the list.
    pub(super) fn outputs(&self) -> impl Iterator<Item = (usize, BorrowedFd<'_>)> {
        self.all.iter().enumerate().filter_map(|(index, service)| Some((index, service.output.fd()?)))
    }

    /// The service at this place has printed something.
    pub(super) fn take_in(&mut self, index: usize, scratch: &mut [u8]) {
        if let Some(service) = self.all.get_mut(index) {
            service.output.take_in(scratch);
        }
    }
}

fn unknown(name: &str) -> ErrorBody {
    ErrorBody::new(ErrorCode::UnknownService, format!("the node has no service {name:?}"))
}
