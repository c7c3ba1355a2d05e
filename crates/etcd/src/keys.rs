//! Where what stands: `/docklet/<installation>/…`. Knows no values.
//!
//! ```text
//! assignments/<worker>/<instance>   reports/<worker>/<instance>   workers/<worker>
//! watches/<worker>  the watch the worker has begun          complete/<worker>  the watch that has everything
//! epoch  the record, its term and the process that serves it: another record, or an older term, writes nothing
//! orphans/<worker>/<instance>  what a worker asks about         answers/<worker>/<instance>  what the record says about it
//! ```

use domain::{InstallationId, InstanceId, name::WorkerName};

/// The keys of one installation.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    root: String,
}

/// Every key from `from` up to, not including, `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: String,
    pub(crate) to: String,
}

impl Range {
    fn under(prefix: String) -> Self {
        // '0' is the character behind '/', so this is every key that begins with the prefix.
        let to = format!("{}0", prefix.strip_suffix('/').unwrap_or(&prefix));
        Self { from: prefix, to }
    }

    fn one(key: String) -> Self {
        let to = format!("{key}\0");
        Self { from: key, to }
    }
}

/// What a key is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Assignment(WorkerName, InstanceId),
    Report(WorkerName, InstanceId),
    Worker(WorkerName),
    Watch(WorkerName),
    Complete(WorkerName),
    Orphan(WorkerName, InstanceId),
    Answer(WorkerName, InstanceId),
}

impl Keys {
    pub(crate) fn new(installation: InstallationId) -> Self {
        Self { root: format!("/docklet/{installation}/") }
    }

    pub(crate) fn assignment(&self, worker: &WorkerName, instance: InstanceId) -> String {
        format!("{}assignments/{worker}/{instance}", self.root)
    }

    pub(crate) fn report(&self, worker: &WorkerName, instance: InstanceId) -> String {
        format!("{}reports/{worker}/{instance}", self.root)
    }

    pub(crate) fn worker(&self, worker: &WorkerName) -> String {
        format!("{}workers/{worker}", self.root)
    }

    /// A random name for the watch on its assignments that the worker has begun last.
    pub(crate) fn watch(&self, worker: &WorkerName) -> String {
        format!("{}watches/{worker}", self.root)
    }

    /// The worker's watch behind whose beginning everything has been published. An older copy of etcd's data names an older
    /// watch.
    pub(crate) fn complete(&self, worker: &WorkerName) -> String {
        format!("{}complete/{worker}", self.root)
    }

    pub(crate) fn orphan(&self, worker: &WorkerName, instance: InstanceId) -> String {
        format!("{}orphans/{worker}/{instance}", self.root)
    }

    pub(crate) fn answer(&self, worker: &WorkerName, instance: InstanceId) -> String {
        format!("{}answers/{worker}/{instance}", self.root)
    }

    /// The record's term in twenty digits, its identity, and the process's name: compared in every transaction of control.
    pub(crate) fn epoch(&self) -> String {
        format!("{}epoch", self.root)
    }

    pub(crate) fn workers(&self) -> Range {
        Range::under(format!("{}workers/", self.root))
    }

    pub(crate) fn watches(&self) -> Range {
        Range::under(format!("{}watches/", self.root))
    }

    pub(crate) fn watch_of(&self, worker: &WorkerName) -> Range {
        Range::one(self.watch(worker))
    }

    pub(crate) fn answers_of(&self, worker: &WorkerName) -> Range {
        Range::under(format!("{}answers/{worker}/", self.root))
    }

    pub(crate) fn assignments(&self) -> Range {
        Range::under(format!("{}assignments/", self.root))
    }

    pub(crate) fn assignments_of(&self, worker: &WorkerName) -> Range {
        Range::under(format!("{}assignments/{worker}/", self.root))
    }

    pub(crate) fn completeness(&self, worker: &WorkerName) -> Range {
        Range::one(self.complete(worker))
    }

    pub(crate) fn reports(&self) -> Range {
        Range::under(format!("{}reports/", self.root))
    }

    pub(crate) fn reports_of(&self, worker: &WorkerName) -> Range {
        Range::under(format!("{}reports/{worker}/", self.root))
    }

    pub(crate) fn orphans_of(&self, worker: &WorkerName) -> Range {
        Range::under(format!("{}orphans/{worker}/", self.root))
    }

    /// All that workers say, in one range: no other key of ours lies between orphans, reports, watches and workers, and one
    /// watch keeps their order.
    pub(crate) fn said_by_workers(&self) -> Range {
        let orphans = Range::under(format!("{}orphans/", self.root));
        Range { from: orphans.from, to: Range::under(format!("{}workers/", self.root)).to }
    }

    /// What this key is for; `None` when we never write such a key.
    pub(crate) fn place(&self, key: &str) -> Option<Place> {
        let rest = key.strip_prefix(&self.root)?;
        let mut parts = rest.split('/');
        let place = match (parts.next()?, parts.next(), parts.next()) {
            ("assignments", Some(worker), Some(node)) => Place::Assignment(worker.parse().ok()?, node.parse().ok()?),
            ("reports", Some(worker), Some(node)) => Place::Report(worker.parse().ok()?, node.parse().ok()?),
            ("orphans", Some(worker), Some(node)) => Place::Orphan(worker.parse().ok()?, node.parse().ok()?),
            ("answers", Some(worker), Some(node)) => Place::Answer(worker.parse().ok()?, node.parse().ok()?),
            ("workers", Some(worker), None) => Place::Worker(worker.parse().ok()?),
            ("watches", Some(worker), None) => Place::Watch(worker.parse().ok()?),
            ("complete", Some(worker), None) => Place::Complete(worker.parse().ok()?),
            _ => return None,
        };
        parts.next().is_none().then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys::new("00000000-0000-0000-0000-000000000001".parse().expect("an id"))
    }

    fn worker(name: &str) -> WorkerName {
        name.parse().expect("a name")
    }

    fn holds(range: &Range, key: &str) -> bool {
        range.from.as_str() <= key && key < range.to.as_str()
    }

    #[test]
    fn every_key_is_recognised_as_what_it_was_made_for() {
        let (keys, host) = (keys(), worker("host-1.example"));
        let node = "00000000-0000-0000-0000-00000000000a".parse().expect("an id");
        assert_eq!(keys.place(&keys.assignment(&host, node)), Some(Place::Assignment(host.clone(), node)));
        assert_eq!(keys.place(&keys.report(&host, node)), Some(Place::Report(host.clone(), node)));
        assert_eq!(keys.place(&keys.worker(&host)), Some(Place::Worker(host.clone())));
        assert_eq!(keys.place(&keys.watch(&host)), Some(Place::Watch(host.clone())));
        assert_eq!(keys.place(&keys.orphan(&host, node)), Some(Place::Orphan(host.clone(), node)));
        assert_eq!(keys.place(&keys.answer(&host, node)), Some(Place::Answer(host.clone(), node)));
        assert_eq!(keys.place(&keys.complete(&host)), Some(Place::Complete(host)));
    }

    #[test]
    fn a_strangers_key_is_not_taken_for_ours() {
        let keys = keys();
        let root = "/docklet/00000000-0000-0000-0000-000000000001";
        for key in [
            String::new(),
            root.to_owned(),
            "/docklet/00000000-0000-0000-0000-000000000002/complete/host".into(),
            format!("{root}/complete"),
            format!("{root}/assignments/host/not-an-id"),
            format!("{root}/assignments/host/00000000-0000-0000-0000-00000000000a/more"),
            format!("{root}/assignments/Host!/00000000-0000-0000-0000-00000000000a"),
            format!("{root}/workers/host/more"),
            format!("{root}/complete/host/more"),
        ] {
            assert_eq!(keys.place(&key), None, "{key}");
        }
    }

    #[test]
    fn a_workers_range_holds_its_keys_and_no_other_workers() {
        let keys = keys();
        let node = "00000000-0000-0000-0000-00000000000a".parse().expect("an id");
        let mine = keys.assignments_of(&worker("host-1"));
        assert!(holds(&mine, &keys.assignment(&worker("host-1"), node)));
        for other in ["host-10", "host-1.a", "host-1-a", "host-2", "host"] {
            assert!(!holds(&mine, &keys.assignment(&worker(other), node)), "{other}");
            assert!(holds(&keys.assignments(), &keys.assignment(&worker(other), node)), "{other}");
        }
    }

    #[test]
    fn what_workers_say_lies_side_by_side() {
        let (keys, host) = (keys(), worker("host-1"));
        let node = "00000000-0000-0000-0000-00000000000a".parse().expect("an id");
        let range = keys.said_by_workers();
        for said in [keys.report(&host, node), keys.worker(&host), keys.watch(&host), keys.orphan(&host, node)] {
            assert!(holds(&range, &said), "{said}");
        }
        for other in [keys.assignment(&host, node), keys.answer(&host, node), keys.complete(&host), keys.epoch()] {
            assert!(!holds(&range, &other), "{other}");
        }
        assert!(holds(&keys.completeness(&host), &keys.complete(&host)));
        assert!(!holds(&keys.completeness(&host), &keys.complete(&worker("host-10"))));
    }
}
