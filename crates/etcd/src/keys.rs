//! Where what stands: `/docklet/<installation>/…`. Knows no values.
//!
//! ```text
//! assignments/<worker>/<node>   reports/<worker>/<node>   workers/<worker>   complete   publishing
//! ```

use domain::{InstallationId, NodeId, name::WorkerName};

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
    Assignment(WorkerName, NodeId),
    Report(WorkerName, NodeId),
    Worker(WorkerName),
    Complete,
}

impl Keys {
    pub(crate) fn new(installation: InstallationId) -> Self {
        Self { root: format!("/docklet/{installation}/") }
    }

    pub(crate) fn assignment(&self, worker: &WorkerName, node: NodeId) -> String {
        format!("{}assignments/{worker}/{node}", self.root)
    }

    pub(crate) fn report(&self, worker: &WorkerName, node: NodeId) -> String {
        format!("{}reports/{worker}/{node}", self.root)
    }

    pub(crate) fn worker(&self, worker: &WorkerName) -> String {
        format!("{}workers/{worker}", self.root)
    }

    /// There when everything has been published since coordination was last empty.
    pub(crate) fn complete(&self) -> String {
        format!("{}complete", self.root)
    }

    /// There while everything is being published for the first time.
    pub(crate) fn publishing(&self) -> String {
        format!("{}publishing", self.root)
    }

    pub(crate) fn assignments(&self) -> Range {
        Range::under(format!("{}assignments/", self.root))
    }

    pub(crate) fn assignments_of(&self, worker: &WorkerName) -> Range {
        Range::under(format!("{}assignments/{worker}/", self.root))
    }

    pub(crate) fn completeness(&self) -> Range {
        Range::one(self.complete())
    }

    pub(crate) fn reports(&self) -> Range {
        Range::under(format!("{}reports/", self.root))
    }

    pub(crate) fn reports_of(&self, worker: &WorkerName) -> Range {
        Range::under(format!("{}reports/{worker}/", self.root))
    }

    /// Reports and workers in one range: no other key of ours lies between them, and one watch keeps their order.
    pub(crate) fn reports_and_workers(&self) -> Range {
        Range { from: self.reports().from, to: Range::under(format!("{}workers/", self.root)).to }
    }

    /// What this key is for; `None` when we never write such a key.
    pub(crate) fn place(&self, key: &str) -> Option<Place> {
        let rest = key.strip_prefix(&self.root)?;
        let mut parts = rest.split('/');
        let place = match (parts.next()?, parts.next(), parts.next()) {
            ("assignments", Some(worker), Some(node)) => Place::Assignment(worker.parse().ok()?, node.parse().ok()?),
            ("reports", Some(worker), Some(node)) => Place::Report(worker.parse().ok()?, node.parse().ok()?),
            ("workers", Some(worker), None) => Place::Worker(worker.parse().ok()?),
            ("complete", None, None) => Place::Complete,
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
        assert_eq!(keys.place(&keys.worker(&host)), Some(Place::Worker(host)));
        assert_eq!(keys.place(&keys.complete()), Some(Place::Complete));
    }

    #[test]
    fn a_strangers_key_is_not_taken_for_ours() {
        let keys = keys();
        let root = "/docklet/00000000-0000-0000-0000-000000000001";
        for key in [
            String::new(),
            root.to_owned(),
            "/docklet/00000000-0000-0000-0000-000000000002/complete".into(),
            format!("{root}/assignments/host/not-an-id"),
            format!("{root}/assignments/host/00000000-0000-0000-0000-00000000000a/more"),
            format!("{root}/assignments/Host!/00000000-0000-0000-0000-00000000000a"),
            format!("{root}/workers/host/more"),
            format!("{root}/complete/more"),
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
    fn reports_and_workers_lie_side_by_side() {
        let (keys, host) = (keys(), worker("host-1"));
        let node = "00000000-0000-0000-0000-00000000000a".parse().expect("an id");
        let range = keys.reports_and_workers();
        assert!(holds(&range, &keys.report(&host, node)) && holds(&range, &keys.worker(&host)));
        for other in [keys.assignment(&host, node), keys.complete(), keys.publishing()] {
            assert!(!holds(&range, &other), "{other}");
        }
        assert!(holds(&keys.completeness(), &keys.complete()) && !holds(&keys.completeness(), &keys.publishing()));
    }
}
