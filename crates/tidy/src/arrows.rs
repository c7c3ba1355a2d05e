//! Which member may import which: the arrows of docs/ARCHITECTURE.md as a table, held against the members' manifests.

use crate::finding::Finding;
use crate::workspace::{Dependency, Member};

/// What one member may import of the others.
#[derive(Debug)]
enum May {
    /// These and no more.
    Only(&'static [&'static str]),
    /// Everything but what has an entry point of its own.
    AllBelowServer,
    /// Everything: the composition root.
    All,
}

const ARROWS: &[(&str, May)] = &[
    ("domain", May::Only(&[])),
    ("wire", May::Only(&["domain"])),
    ("scheduler", May::Only(&["domain"])),
    ("control", May::Only(&["domain", "scheduler"])),
    ("api", May::Only(&["control", "domain", "wire"])),
    ("docker", May::Only(&["control", "domain"])),
    ("etcd", May::Only(&["control", "domain"])),
    ("store", May::Only(&["control", "domain", "migration"])),
    ("migration", May::Only(&[])),
    ("oidc", May::Only(&["control", "domain"])),
    ("proxy", May::Only(&["control", "domain"])),
    ("node-init", May::Only(&["screen", "wire"])),
    ("screen", May::Only(&["wire"])),
    ("worker", May::Only(&["control", "domain", "node-init"])),
    ("catalogue", May::Only(&[])),
    ("terminal-session", May::Only(&["wire"])),
    ("terminal", May::Only(&["catalogue", "terminal-session", "wire"])),
    ("app", May::Only(&["api", "catalogue", "control", "domain", "terminal", "wire"])),
    ("frontend", May::Only(&["app"])),
    ("cli", May::Only(&["terminal-session", "wire"])),
    ("server", May::All),
    ("testkit", May::AllBelowServer),
    ("bench", May::AllBelowServer),
    ("tidy", May::Only(&[])),
];

/// Members that are not part of the product: tests and each other may use them, the product may not.
const FOR_TESTS: &[&str] = &["bench", "testkit", "tidy"];

/// Members that no other member may import, not even in tests; but `frontend` and `server` may import `app`.
const ENTRY_POINTS: &[&str] = &["app", "frontend", "server", "cli"];

/// Arrows that exist under a feature only.
const OPTIONAL: &[(&str, &str)] = &[("app", "api"), ("app", "control")];

/// The one place (or two) where a library of the outside world is known. A name that ends in `*` is a prefix.
const DOORS: &[(&str, &[&str])] = &[
    ("bollard*", &["docker"]),
    ("etcd-client", &["etcd"]),
    ("sea-orm*", &["store", "migration"]),
    ("sqlx*", &["store", "migration"]),
    ("openidconnect", &["oidc"]),
    ("xterm-js-rs", &["terminal"]),
];

/// Every dependency that has no arrow, and every member the table does not know.
pub fn check(members: &[Member]) -> Vec<Finding> {
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    members.iter().flat_map(|member| check_member(member, &names)).collect()
}

fn check_member(member: &Member, names: &[&str]) -> Vec<Finding> {
    let Some((_, may)) = ARROWS.iter().find(|(name, _)| *name == member.name) else {
        let what = "this member has no line in the table of arrows.";
        return vec![Finding::new(
            &member.name,
            what,
            "Decide what it may import and add it to crates/tidy/src/arrows.rs.",
        )];
    };
    let checked = member.dependencies.iter().filter_map(|dependency| {
        if names.contains(&dependency.name.as_str()) {
            check_inside(&member.name, may, dependency)
        } else {
            check_door(&member.name, dependency)
        }
    });
    checked.collect()
}

/// A dependency on another member.
fn check_inside(importer: &str, may: &May, dependency: &Dependency) -> Option<Finding> {
    let imported = dependency.name.as_str();
    let allowed = match may {
        // Tests may reach across, down to the real adapters, but never start at the top.
        _ if dependency.dev => !ENTRY_POINTS.contains(&imported) || imported == importer,
        _ if FOR_TESTS.contains(&imported) => FOR_TESTS.contains(&importer),
        May::Only(list) => list.contains(&imported),
        May::AllBelowServer => !ENTRY_POINTS.contains(&imported),
        May::All => !matches!(imported, "frontend" | "cli"),
    };
    if !allowed {
        let what = format!("may not depend on {imported}{}.", if dependency.dev { ", not even in tests" } else { "" });
        return Some(Finding::new(importer, what, "Move the code to where it may, or write an ADR for a new arrow."));
    }
    let must_be_optional = OPTIONAL.contains(&(importer, imported)) && !dependency.dev;
    (must_be_optional && !dependency.optional).then(|| {
        let what = format!("depends on {imported} without a feature.");
        Finding::new(importer, what, "Make it `optional = true` and switch it on with `ssr`.")
    })
}

/// A dependency on an outside package that has a door of its own.
fn check_door(importer: &str, dependency: &Dependency) -> Option<Finding> {
    // A test looks at the outside with a client that is not ours; testkit is nothing but tests.
    if dependency.dev || FOR_TESTS.contains(&importer) {
        return None;
    }
    let (pattern, doors) = DOORS.iter().find(|(pattern, _)| matches(pattern, &dependency.name))?;
    (!doors.contains(&importer)).then(|| {
        let what =
            format!("may not depend on {}: {pattern} is known in {} only.", dependency.name, doors.join(" and "));
        Finding::new(importer, what, "Add what you need to the port in control and to its adapter.")
    })
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |prefix| name.starts_with(prefix))
}
