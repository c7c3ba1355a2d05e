//! How much a user may hold: what is set for them alone, else for their group, else the usual. Knows no user and not
//! what users hold.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    name::{GroupName, RuntimeName},
    quota::{Limits, OwnLimits},
};

/// What an installation lets its users hold. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaPolicy {
    usual: Limits,
    groups: Arc<BTreeMap<GroupName, OwnLimits>>,
    shares: Shares,
    group_shares: Arc<BTreeMap<GroupName, OwnShares>>,
    /// Groups whose people the list of images does not bind.
    any_image: Arc<BTreeSet<GroupName>>,
    /// What nodes of a group's people are run with, where their image does not say it.
    runtimes: Arc<BTreeMap<GroupName, RuntimeName>>,
}

/// What one user may take at a time of what all share in dockletd itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    /// Connections that last.
    pub streams: u32,
    /// Terminals that are looked at.
    pub terminals: u32,
    /// Apps that are pinned.
    pub apps: u32,
}

impl Default for Shares {
    fn default() -> Self {
        Self { streams: 500, terminals: 200, apps: 200 }
    }
}

/// What is set for a group; the rest is as usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnShares {
    pub streams: Option<u32>,
    pub terminals: Option<u32>,
    pub apps: Option<u32>,
}

/// What is kept about one user that decides how much they may hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuotaAssignment {
    pub group: Option<GroupName>,
    /// Set for them alone.
    pub own: OwnLimits,
}

impl From<Limits> for QuotaPolicy {
    /// The same for every user.
    fn from(usual: Limits) -> Self {
        Self {
            usual,
            groups: Arc::default(),
            shares: Shares::default(),
            group_shares: Arc::default(),
            any_image: Arc::default(),
            runtimes: Arc::default(),
        }
    }
}

impl QuotaPolicy {
    pub fn with_groups(self, groups: BTreeMap<GroupName, OwnLimits>) -> Self {
        Self { groups: Arc::new(groups), ..self }
    }

    pub fn with_shares(self, shares: Shares, groups: BTreeMap<GroupName, OwnShares>) -> Self {
        Self { shares, group_shares: Arc::new(groups), ..self }
    }

    /// What a user of this group may take of what all share.
    pub fn shares(&self, group: Option<&GroupName>) -> Shares {
        let own = group.and_then(|group| self.group_shares.get(group)).copied().unwrap_or_default();
        Shares {
            streams: own.streams.unwrap_or(self.shares.streams),
            terminals: own.terminals.unwrap_or(self.shares.terminals),
            apps: own.apps.unwrap_or(self.shares.apps),
        }
    }

    /// Users of these groups may use images that are not on the administrators' list.
    pub fn with_any_image(self, groups: BTreeSet<GroupName>) -> Self {
        Self { any_image: Arc::new(groups), ..self }
    }

    pub fn may_use_any_image(&self, quota: &QuotaAssignment) -> bool {
        quota.group.as_ref().is_some_and(|group| self.any_image.contains(group))
    }

    pub fn with_runtimes(self, groups: BTreeMap<GroupName, RuntimeName>) -> Self {
        Self { runtimes: Arc::new(groups), ..self }
    }

    /// What new nodes of this user are run with; `None` for the engine's usual runtime.
    pub fn runtime(&self, quota: &QuotaAssignment) -> Option<&RuntimeName> {
        self.runtimes.get(quota.group.as_ref()?)
    }

    /// Every runtime that a group names.
    pub fn runtimes(&self) -> impl Iterator<Item = &RuntimeName> {
        self.runtimes.values()
    }

    pub fn groups(&self) -> impl Iterator<Item = &GroupName> {
        self.groups.keys()
    }

    /// What a user of this group may hold when nothing is set for them alone. A group that does not exist is none.
    pub fn usual(&self, group: Option<&GroupName>) -> Limits {
        group.and_then(|group| self.groups.get(group)).copied().unwrap_or_default().over(self.usual)
    }

    /// What one user may hold.
    pub fn of(&self, quota: &QuotaAssignment) -> Limits {
        quota.own.over(self.usual(quota.group.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Limits = Limits { vclusters: 2, nodes: 4, cpu_milli: 4000, memory_mib: 8192, pids: 2048 };

    #[test]
    fn what_is_set_for_somebody_stands_over_the_group_s_and_that_over_the_usual_one_by_one() {
        let usual = USUAL;
        let students: GroupName = "students".parse().expect("a name");
        let theirs = OwnLimits { vclusters: Some(1), nodes: Some(2), ..OwnLimits::default() };
        let quota_policy = QuotaPolicy::from(usual).with_groups([(students.clone(), theirs)].into());
        let of = |group: Option<&GroupName>, own: OwnLimits| {
            quota_policy.of(&QuotaAssignment { group: group.cloned(), own })
        };

        assert_eq!(of(None, OwnLimits::default()), usual);
        assert_eq!(of(Some(&students), OwnLimits::default()), Limits { vclusters: 1, nodes: 2, pids: 1024, ..usual });
        let own = OwnLimits { nodes: Some(9), memory_mib: Some(1), ..OwnLimits::default() };
        assert_eq!(of(Some(&students), own), Limits { vclusters: 1, nodes: 9, memory_mib: 1, pids: 4608, ..usual });
        assert!(!quota_policy.may_use_any_image(&QuotaAssignment { group: Some(students.clone()), own: theirs }));
        let quota_policy = quota_policy.clone().with_any_image([students.clone()].into());
        assert!(quota_policy.may_use_any_image(&QuotaAssignment { group: Some(students.clone()), own: theirs }));
        assert!(!quota_policy.may_use_any_image(&QuotaAssignment::default()));
        let gone: GroupName = "gone".parse().expect("a name");
        let theirs = OwnShares { terminals: Some(3), ..OwnShares::default() };
        let shared = quota_policy
            .clone()
            .with_shares(Shares { streams: 9, terminals: 9, apps: 9 }, [(students.clone(), theirs)].into());
        assert_eq!(shared.shares(Some(&students)), Shares { streams: 9, terminals: 3, apps: 9 });
        assert_eq!(shared.shares(None), Shares { streams: 9, terminals: 9, apps: 9 });
        assert_eq!(of(Some(&gone), OwnLimits::default()), usual, "a group that is not configured any more");
    }

    #[test]
    fn nodes_of_a_group_s_people_run_with_what_is_set_for_the_group() {
        let [students, staff]: [GroupName; 2] = ["students", "staff"].map(|name| name.parse().expect("a name"));
        let runsc: RuntimeName = "runsc".parse().expect("a runtime");
        let quota_policy = QuotaPolicy::from(USUAL)
            .with_groups([(staff.clone(), OwnLimits::default())].into())
            .with_runtimes([(students.clone(), runsc.clone())].into());
        for (group, runtime) in [(Some(&students), Some(&runsc)), (Some(&staff), None), (None, None)] {
            let quota = QuotaAssignment { group: group.cloned(), ..QuotaAssignment::default() };
            assert_eq!(quota_policy.runtime(&quota), runtime, "{group:?}");
        }
        assert_eq!(quota_policy.runtimes().collect::<Vec<_>>(), [&runsc]);
        assert_eq!(quota_policy.groups().collect::<Vec<_>>(), [&staff]);
    }
}
