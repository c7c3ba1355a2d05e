//! What a new vcluster is like when the user does not say: the usual size, as far as their limits leave room, and a
//! fresh name. Chance comes in as a number.

use catalogue::t;
use domain::vcluster::MOST_NODES;
use wire::{session::Amount, vcluster::NodeResources};

/// The image Docklet builds itself; what is in it is known.
pub(crate) const OWN_IMAGE: &str = "docklet/base";
/// As many as show that it is a cluster.
const USUAL_NODES: u8 = 2;

/// How much each node gets, by a name people can choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    Small,
    Medium,
    Large,
}

impl Size {
    pub(crate) const ALL: [Self; 3] = [Self::Small, Self::Medium, Self::Large];

    /// As a form writes it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }

    pub(crate) fn label(self) -> String {
        match self {
            Self::Small => t!("new-size-small"),
            Self::Medium => t!("new-size-medium"),
            Self::Large => t!("new-size-large"),
        }
    }

    pub(crate) const fn resources(self) -> NodeResources {
        let (cpus, memory_mib) = match self {
            Self::Small => (0.5, 512),
            Self::Medium => (1.0, 1024),
            Self::Large => (2.0, 4096),
        };
        NodeResources { cpus, memory_mib }
    }
}

/// What of the limits is not in use.
pub(crate) fn left(limits: Amount, usage: Amount) -> Amount {
    Amount {
        vclusters: limits.vclusters.saturating_sub(usage.vclusters),
        nodes: limits.nodes.saturating_sub(usage.nodes),
        cpus: (limits.cpus - usage.cpus).max(0.0),
        memory_mib: limits.memory_mib.saturating_sub(usage.memory_mib),
        pids: limits.pids.saturating_sub(usage.pids),
    }
}

/// How many nodes of this size fit into what is left; never more than one vcluster may have.
pub(crate) fn fitting(each: NodeResources, left: Amount) -> u8 {
    let most = u32::from(MOST_NODES).min(left.nodes);
    let memory = u64::try_from(each.memory_mib).unwrap_or(u64::MAX);
    let fits =
        |count: &u32| f64::from(*count) * each.cpus <= left.cpus && u64::from(*count) * memory <= left.memory_mib;
    (1..=most).rev().find(fits).and_then(|count| u8::try_from(count).ok()).unwrap_or(0)
}

/// The usual number of nodes and size, or the most of it that fits; the smallest when nothing does, so that the refusal
/// can say what is missing.
pub(crate) fn nodes_and_size(left: Amount) -> (u8, Size) {
    let choices = [(USUAL_NODES, Size::Medium), (1, Size::Medium), (USUAL_NODES, Size::Small), (1, Size::Small)];
    let fits = |choice: &&(u8, Size)| fitting(choice.1.resources(), left) >= choice.0;
    choices.iter().find(fits).copied().unwrap_or((1, Size::Small))
}

/// Why no vcluster can be made now, if so.
pub(crate) fn obstacle(limits: Amount, usage: Amount) -> Option<String> {
    let left = left(limits, usage);
    if left.vclusters == 0 {
        return Some(t!("vclusters-none-left", n = limits.vclusters));
    }
    if left.nodes == 0 {
        return Some(t!("vclusters-no-node-left", n = limits.nodes));
    }
    (fitting(Size::Small.resources(), left) == 0).then(|| t!("vclusters-too-little-left"))
}

/// The order of a user who chose nothing.
#[cfg(any(feature = "ssr", test))]
pub(crate) fn order(overview: &crate::api::overview::Overview) -> wire::vcluster::CreateVcluster {
    let (nodes, size) = nodes_and_size(left(overview.session.limits, overview.session.usage));
    let taken = |name: &str| overview.vclusters.iter().any(|vcluster| vcluster.name == name);
    let name = name(overview.seed, taken);
    wire::vcluster::CreateVcluster::new(name, overview.base_image.clone(), nodes.into(), size.resources())
}

const KINDS: [&str; 32] = [
    "amber", "bold", "brave", "bright", "brisk", "calm", "clear", "cool", "crisp", "deep", "early", "fair", "fast",
    "fresh", "gentle", "golden", "green", "keen", "kind", "light", "lively", "lucky", "mellow", "misty", "noble",
    "quick", "quiet", "rapid", "silver", "steady", "sunny", "swift",
];
const PLACES: [&str; 32] = [
    "bay", "beach", "bridge", "brook", "canyon", "cape", "cliff", "cove", "creek", "delta", "field", "fjord", "forest",
    "garden", "glade", "grove", "harbor", "hill", "island", "lagoon", "lake", "meadow", "mesa", "oasis", "orchard",
    "peak", "reef", "ridge", "river", "shore", "summit", "valley",
];

/// A name such as `quiet-harbor` that is not taken. The same chance gives the same name, on the server and in the browser.
pub(crate) fn name(chance: u32, taken: impl Fn(&str) -> bool) -> String {
    let nth = |n: u32| {
        let n = usize::try_from(n % 1024).unwrap_or(0);
        format!("{}-{}", KINDS[n / 32], PLACES[n % 32])
    };
    // A step that has no divisor in common with 1024 visits every pair once.
    let mut pairs = (0..1024).map(|step: u32| nth(chance.wrapping_add(step.wrapping_mul(389))));
    pairs.find(|name| !taken(name)).unwrap_or_else(|| format!("{}-{}", nth(chance), chance))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::name::VclusterName;

    use super::*;

    fn amount(vclusters: u32, nodes: u32, cpus: f64, memory_mib: u64) -> Amount {
        Amount { vclusters, nodes, cpus, memory_mib, pids: 16_384 }
    }

    #[test]
    fn two_usual_nodes_when_there_is_room() {
        assert_eq!(nodes_and_size(amount(1, 16, 16.0, 32_768)), (2, Size::Medium));
    }

    #[test]
    fn less_when_there_is_less() {
        assert_eq!(nodes_and_size(amount(1, 1, 16.0, 32_768)), (1, Size::Medium));
        assert_eq!(nodes_and_size(amount(1, 16, 0.9, 32_768)), (1, Size::Small));
        assert_eq!(nodes_and_size(amount(1, 16, 1.0, 32_768)), (1, Size::Medium));
        assert_eq!(nodes_and_size(amount(0, 0, 0.0, 0)), (1, Size::Small));
    }

    #[test]
    fn the_scarcest_thing_decides_how_many_fit() {
        let medium = Size::Medium.resources();
        assert_eq!(fitting(medium, amount(1, 99, 99.0, 1 << 30)), MOST_NODES);
        assert_eq!(fitting(medium, amount(1, 9, 2.5, 1 << 30)), 2);
        assert_eq!(fitting(medium, amount(1, 9, 9.0, 3071)), 2);
        assert_eq!(fitting(medium, amount(1, 0, 9.0, 4096)), 0);
    }

    #[test]
    fn what_is_in_the_way_is_named() {
        let limits = amount(2, 4, 4.0, 4096);
        assert_eq!(obstacle(limits, amount(0, 0, 0.0, 0)), None);
        assert!(obstacle(limits, amount(2, 0, 0.0, 0)).is_some_and(|text| text.contains("limit of 2 vclusters")));
        assert!(obstacle(limits, amount(1, 4, 0.0, 0)).is_some_and(|text| text.contains("limit of 4 running nodes")));
        assert!(obstacle(limits, amount(1, 1, 3.9, 0)).is_some_and(|text| text.contains("CPU or memory")));
    }

    #[test]
    fn every_suggested_name_is_a_good_one_and_free() {
        let mut seen = BTreeSet::new();
        for _ in 0..1024 {
            let suggested = name(u32::MAX, |name| seen.contains(name));
            suggested.parse::<VclusterName>().expect("a name the rules allow");
            assert!(seen.insert(suggested), "suggested twice");
        }
        assert!(name(7, |_| true).ends_with("-7"), "when all pairs are taken, the chance itself tells names apart");
    }
}
