//! Who one is, which images one may use, what happens and what was done.

use std::{collections::HashMap, time::SystemTime};

use chrono::{DateTime, Local, Utc};
use serde_json::Value;
use wire::{
    event::Event,
    image::ImageChoice,
    session::{Amount, Scope, Session},
};

use super::{
    follow::follow,
    named::{self, in_path},
};
use crate::{
    client::Client,
    failure::Failure,
    output::{Output, Table},
};

pub(super) async fn whoami(client: &Client, output: &Output) -> Result<(), Failure> {
    let session: Session = client.get("/session").await?;
    let mut row = vec![session.name.clone(), client.url().to_owned(), scopes(&session.scopes)];
    row.extend(amounts(&session.usage, &session.limits));
    output.show(&session, &Table::new(&["name", "server", "scopes", "vclusters", "nodes", "cpus", "memory"], [row]))
}

/// As RFC 6749 writes them.
pub(super) fn scopes(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ")
}

/// What is taken of what may be taken: vclusters, nodes, CPUs, memory.
pub(super) fn amounts(used: &Amount, most: &Amount) -> [String; 4] {
    [
        format!("{}/{}", used.vclusters, most.vclusters),
        format!("{}/{}", used.nodes, most.nodes),
        format!("{}/{}", used.cpus, most.cpus),
        format!("{}/{} MiB", used.memory_mib, most.memory_mib),
    ]
}

pub(super) async fn images(client: &Client, output: &Output) -> Result<(), Failure> {
    let choice: ImageChoice = client.get("/images").await?;
    let row = |name: &String, note: &str| vec![name.clone(), note.to_owned()];
    let listed = choice.listed.iter().map(|name| row(name, "listed by your administrators"));
    let any = choice.any_image.then(|| row(&format!("any of {}", choice.registries.join(", ")), ""));
    let rows: Vec<_> = std::iter::once(row(&choice.base, "the usual one")).chain(listed).chain(any).collect();
    output.show(&choice, &Table::new(&["image", "note"], rows))
}

pub(super) async fn events(client: &Client, output: &Output) -> Result<(), Failure> {
    let (mut names, mut begun) = (HashMap::new(), false);
    let begin = async || {
        // A connection that is taken up again goes on below the same headings.
        if !std::mem::replace(&mut begun, true) {
            output.headings(&["vcluster", "state", "reason", "when"])?;
        }
        Ok(None)
    };
    let on = async |event: Event| {
        let (name, state, reason) = match &event {
            Event::Vcluster { vcluster, .. } => {
                names.insert(vcluster.id.clone(), vcluster.name.clone());
                (vcluster.name.clone(), vcluster.state.as_str(), vcluster.reason.as_deref().unwrap_or_default())
            }
            Event::VclusterGone { id, .. } => (names.remove(id).unwrap_or_else(|| id.clone()), "deleted", ""),
            Event::Job { job, state } => (format!("job {job}"), state.as_str(), ""),
            Event::Resync => {
                (String::new(), "", "events were missed; docklet vc ls and docklet job ls show how things stand")
            }
        };
        let when = shown(SystemTime::now().into());
        let text = match (name.as_str(), reason) {
            ("", _) => format!("{when}  {reason}"),
            (_, "") => format!("{when}  {name}  {state}"),
            _ => format!("{when}  {name}  {state}: {reason}"),
        };
        output.row(&event, &[&name, state, reason, &when], &text)?;
        Ok(None::<()>)
    };
    follow(client, None, begin, on).await.map(drop)
}

pub(super) async fn activity(
    client: &Client,
    vcluster: Option<&str>,
    limit: u32,
    output: &Output,
) -> Result<(), Failure> {
    let of = match vcluster {
        Some(named) => format!("/vclusters/{}", in_path(&named::vcluster(client, named).await?.id)),
        None => String::new(),
    };
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    // As it comes: a newer server knows more kinds of what is done.
    let done: Vec<Value> = named::pages(client, &format!("{of}/activity?"), most).await?;
    let row = |one: &Value| {
        let text = |field: &str| one[field].as_str().map(str::to_owned);
        let of_host = || text("host").map(|host| format!("restart of {host}"));
        vec![
            text("started_at").and_then(|at| at.parse().ok()).map(shown).unwrap_or_default(),
            text("vcluster_name").or_else(|| text("vcluster")).unwrap_or_default(),
            text("kind").unwrap_or_default(),
            text("state").unwrap_or_default(),
            text("by").or_else(of_host).unwrap_or_default(),
            text("reason").unwrap_or_default(),
        ]
    };
    let table = Table::new(&["when", "vcluster", "action", "state", "by", "reason"], done.iter().map(row));
    output.show(&done, &table)
}

/// In the time zone of this machine.
pub(super) fn shown(at: DateTime<Utc>) -> String {
    at.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S").to_string()
}
