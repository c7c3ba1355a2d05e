//! Supervised services: started after the node is ready, started again when they end, and honest about why they do not run.

mod service;

use std::ffi::OsString;
use std::time::Instant;

use rustix::process::Pid;
use wire::terminal::Exit;

use super::config::{Config, ServiceSpec};
use super::{ports, sshd};
use crate::protocol::ServiceStatus;
pub(super) use service::{SERVICE_COMMAND, become_service};

use service::Service;

/// The services of the node.
#[derive(Debug)]
pub(super) struct Services {
    all: Vec<Service>,
    environment: Vec<(OsString, OsString)>,
}

impl Services {
    /// What the configuration asks for; nothing is started yet.
    pub(super) fn new(config: &Config, now: Instant) -> Self {
        let mut all = Vec::new();
        if config.sshd {
            all.push(match sshd::missing() {
                None => Service::new(sshd::spec(), now),
                Some(reason) => Service::unavailable("sshd", reason),
            });
        }
        match &config.services {
            Ok(specs) => all.extend(specs.iter().map(|spec: &ServiceSpec| Service::new(spec.clone(), now))),
            Err(reason) => all.push(Service::unavailable("services", reason)),
        }
        Self { all, environment: config.environment.clone() }
    }

    /// Starts what is due and looks at the health of what runs.
    pub(super) fn tick(&mut self, now: Instant) {
        for service in &mut self.all {
            service.tick(now, &self.environment, ports::listens);
        }
    }

    /// When [`tick`](Self::tick) has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.all.iter().filter_map(Service::deadline).min()
    }

    /// A child was reaped; it may have been a service.
    pub(super) fn reaped(&mut self, pid: Pid, exit: Exit, now: Instant) {
        if let Some(service) = self.all.iter_mut().find(|service| service.pid() == Some(pid)) {
            service.ended(exit, now);
        }
    }

    /// What *status* answers.
    pub(super) fn statuses(&self) -> Vec<ServiceStatus> {
        self.all.iter().map(Service::status).collect()
    }
}
