//! How the installation is, and what of it needs attention.

use serde::Serialize;
use wire::admin::{Health, Host, Part};

use super::size;
use crate::{
    client::Client,
    commands::lists::shown,
    failure::{Failure, Kind},
    output::{Output, Table},
};

/// Something that needs attention.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Finding {
    what: String,
    kind: &'static str,
    about: String,
}

const PROBLEM: &str = "problem";

pub(super) async fn show(client: &Client, output: &Output) -> Result<(), Failure> {
    let health: Health = client.get("/admin/health").await?;
    let state = |ready: bool| if ready { "ready" } else { "not ready" }.to_owned();
    let row = |what: &str, state: String, about: String| vec![what.to_owned(), state, about];
    let mut rows =
        vec![row("dockletd", state(true), format!("{}, since {}", health.version, shown(health.started_at)))];
    rows.extend(health.parts.iter().map(|part| row(&part.name, state(part.ready), of_part(part))));
    rows.extend(health.hosts.iter().map(|host| row(&called(host), state(host.ready), of_host(host))));
    let disk = &health.disk;
    let room = format!("{} of {} free in {}", size(disk.free_bytes), size(disk.total_bytes), disk.path);
    rows.push(row("disk", String::new(), room));
    rows.extend(health.notices.iter().map(|one| row("notice", shown(one.at), one.text.clone())));
    output.show(&health, &Table::new(&["what", "state", "about"], rows))
}

/// Fails where something is not ready, so that a script can decide by it.
pub(super) async fn doctor(client: &Client, output: &Output) -> Result<(), Failure> {
    let health: Health = client.get("/admin/health").await?;
    let found = findings(&health);
    let row = |one: &Finding| vec![one.what.clone(), one.kind.to_owned(), one.about.clone()];
    output.show(&found, &Table::new(&["what", "kind", "about"], found.iter().map(row)))?;
    match found.iter().filter(|one| one.kind == PROBLEM).count() {
        0 if found.is_empty() => output.say("Nothing needs attention."),
        0 => {}
        count => return Err(Failure::new(Kind::Other, format!("Not ready: {count}"))),
    }
    Ok(())
}

fn findings(health: &Health) -> Vec<Finding> {
    let finding = |what: String, kind, about: &str| Finding { what, kind, about: about.to_owned() };
    let of = |what: String, ready: bool, reason: Option<&str>, remark: Option<&str>| {
        let problem = (!ready).then(|| finding(what.clone(), PROBLEM, reason.unwrap_or("no reason is known")));
        let advice = remark.map(|remark| finding(what, "advice", remark));
        problem.into_iter().chain(advice)
    };
    let part = |part: &Part| of(part.name.clone(), part.ready, part.reason.as_deref(), part.remark.as_deref());
    let host = |host: &Host| of(called(host), host.ready, host.reason.as_deref(), host.remark.as_deref());
    let notices = health.notices.iter().map(|one| finding(shown(one.at), "notice", &one.text));
    health.parts.iter().flat_map(part).chain(health.hosts.iter().flat_map(host)).chain(notices).collect()
}

/// Apart from a part of the same name.
fn called(host: &Host) -> String {
    format!("host {}", host.name)
}

fn of_part(part: &Part) -> String {
    let said = [&part.reason, &part.version, &part.remark].into_iter().flatten().cloned();
    said.chain([format!("answered in {} ms", part.answered_in_ms)]).collect::<Vec<_>>().join("; ")
}

fn of_host(host: &Host) -> String {
    let offered = format!("{}/{} CPUs", host.held.cpus, host.offered_cpus);
    let memory = format!("{}/{} MiB", host.held.memory_mib, host.offered_memory_mib);
    let said = [&host.reason, &host.remark].into_iter().flatten().cloned();
    [format!("{} nodes", host.held.nodes), offered, memory].into_iter().chain(said).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ready_is_a_problem_and_a_remark_is_advice() {
        let nothing = serde_json::json!({"vclusters": 0, "nodes": 0, "cpus": 0.0, "memory_mib": 0});
        let part = |name: &str, reason: Option<&str>, remark: Option<&str>| {
            serde_json::json!({"name": name, "ready": reason.is_none(), "reason": reason, "version": null,
                "remark": remark, "answered_in_ms": 1})
        };
        let health = serde_json::from_value(serde_json::json!({
            "version": "1", "started_at": "2027-01-01T00:00:00Z",
            "parts": [part("database", None, None), part("engine", Some("It is away."), Some("There is a newer one."))],
            "hosts": [{"name": "hera", "ready": true, "reason": null, "remark": "A rule was repaired.", "cpus": 1.0,
                "memory_mib": 1, "offered_cpus": 1.0, "offered_memory_mib": 1, "held": nothing}],
            "notices": [], "disk": {"path": "/data", "total_bytes": 1, "free_bytes": 1}
        }));
        let found = findings(&health.expect("a health"));
        let found: Vec<_> = found.iter().map(|one| (one.what.as_str(), one.kind, one.about.as_str())).collect();
        assert_eq!(
            found,
            [
                ("engine", "problem", "It is away."),
                ("engine", "advice", "There is a newer one."),
                ("host hera", "advice", "A rule was repaired.")
            ]
        );
    }
}
