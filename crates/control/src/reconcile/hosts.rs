//! The workers that are there, as control last heard of them. A cache that can be dropped: coordination fills it again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::{
    Violation,
    name::{RuntimeName, WorkerName},
    node::Node,
    quota::Usage,
    resources::Resources,
};
use ipnet::Ipv4Net;
use parking_lot::RwLock;
use scheduler::{Host, NoRoom, Overcommit, Problem};

use crate::{Error, ports::coordination::WorkerInfo};

#[derive(Debug, Clone, Default)]
pub struct Hosts(Arc<RwLock<BTreeMap<WorkerName, WorkerInfo>>>);

impl Hosts {
    pub(super) fn replace(&self, workers: Vec<WorkerInfo>) {
        *self.0.write() = workers.into_iter().map(|info| (info.name.clone(), info)).collect();
    }

    pub(super) fn put(&self, info: WorkerInfo) {
        self.0.write().insert(info.name.clone(), info);
    }

    pub(super) fn remove(&self, name: &WorkerName) {
        self.0.write().remove(name);
    }

    pub(crate) fn knows(&self, name: &WorkerName) -> bool {
        self.0.read().contains_key(name)
    }

    /// It is there and takes nodes.
    pub(super) fn is_ready(&self, name: &WorkerName) -> bool {
        self.0.read().get(name).is_some_and(|info| info.unready.is_none())
    }

    /// Every host that is there, by name.
    pub(crate) fn known(&self) -> Vec<WorkerInfo> {
        self.0.read().values().cloned().collect()
    }

    /// Why no host takes nodes now; `None` when one does.
    pub(crate) fn unready(&self) -> Option<String> {
        let hosts = self.0.read();
        if hosts.values().any(|info| info.unready.is_none()) {
            return None;
        }
        let first =
            hosts.values().find_map(|info| info.unready.as_ref().map(|reason| format!("host {}: {reason}", info.name)));
        Some(first.unwrap_or_else(|| "no host has announced itself yet".to_owned()))
    }

    /// Networks that no vcluster may overlap, on whatever host.
    pub(crate) fn routed(&self) -> Vec<Ipv4Net> {
        self.0.read().values().flat_map(|info| info.routed.iter().copied()).collect()
    }

    pub(crate) fn place(
        &self,
        count: u32,
        each: Resources,
        runtime: Option<&RuntimeName>,
        overcommit: Overcommit,
        used: &[(WorkerName, Usage)],
    ) -> Result<Vec<WorkerName>, Error> {
        let hosts = self.as_problem(used);
        scheduler::place(&Problem { hosts: &hosts, count, each, runtime, overcommit }).map_err(no_room)
    }

    /// Whether nodes that must run where their files are fit there.
    pub(crate) fn check_same_hosts(
        &self,
        nodes: &[&Node],
        each: Resources,
        overcommit: Overcommit,
        used: &[(WorkerName, Usage)],
    ) -> Result<(), Error> {
        // Nodes that were added at different times may differ in their runtime: each must be there, with room for all.
        let wanted: BTreeSet<_> = nodes.iter().map(|node| (&node.worker, node.runtime.as_ref())).collect();
        for (worker, runtime) in wanted {
            let count = nodes.iter().filter(|node| node.worker == *worker).count();
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            let here = self.on(worker, used);
            scheduler::place(&Problem { hosts: &here, count, each, runtime, overcommit }).map_err(
                |fault| match fault {
                    NoRoom::NoHost => Error::NoRoom(vec![Violation::new(
                        "nodes",
                        format!("host {worker} does not answer, and the nodes' files are there"),
                    )]),
                    full => no_room(full),
                },
            )?;
        }
        Ok(())
    }

    /// Whether one of this size fits on this host.
    pub(crate) fn check_one_on(
        &self,
        worker: &WorkerName,
        each: Resources,
        runtime: Option<&RuntimeName>,
        overcommit: Overcommit,
        used: &[(WorkerName, Usage)],
    ) -> Result<(), Error> {
        let here = self.on(worker, used);
        scheduler::place(&Problem { hosts: &here, count: 1, each, runtime, overcommit }).map(drop).map_err(no_room)
    }

    /// This host, if it is there.
    fn on(&self, worker: &WorkerName, used: &[(WorkerName, Usage)]) -> Vec<Host> {
        self.as_problem(used).into_iter().filter(|host| host.name == *worker).collect()
    }

    /// Every host that is there, with what tenants hold on it.
    pub(super) fn as_problem(&self, used: &[(WorkerName, Usage)]) -> Vec<Host> {
        let held =
            |name: &WorkerName| used.iter().find(|(worker, _)| worker == name).map_or(Usage::default(), |(_, u)| *u);
        let host = |info: &WorkerInfo| Host {
            name: info.name.clone(),
            cpu_milli: info.cpu_milli,
            memory_mib: info.memory_mib,
            pids: info.pids,
            runtimes: info.runtimes.clone(),
            used: held(&info.name),
            ready: info.unready.is_none(),
        };
        self.0.read().values().map(host).collect()
    }
}

fn no_room(fault: NoRoom) -> Error {
    match fault {
        NoRoom::NoHost => Error::NoHost,
        NoRoom::Full(faults) => Error::NoRoom(faults),
    }
}
