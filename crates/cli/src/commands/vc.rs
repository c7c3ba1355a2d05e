//! vclusters and their nodes.

use std::time::Duration;

use reqwest::Method;
use tokio::time::Instant;
use wire::{
    event::Event,
    image::ImageChoice,
    vcluster::{AddNodes, CreateVcluster, Node, NodeResources, Vcluster},
};

use super::{
    follow::follow,
    named::{self, in_path},
};
use crate::{
    args::{Act, VcCommand, Wait},
    client::Client,
    failure::{Failure, Kind},
    output::{Output, Table},
};

pub(super) async fn run(client: &Client, command: VcCommand, output: &Output) -> Result<(), Failure> {
    match command {
        VcCommand::Ls => {
            let all = named::all(client).await?;
            output.show(&all, &table(&all))
        }
        VcCommand::Show { vcluster } => {
            let found = named::vcluster(client, &vcluster).await?;
            output.show(&found, &nodes(&found))
        }
        VcCommand::Create { name, nodes, cpus, memory, image, description, no_autostart, wait } => {
            let image = match image {
                Some(image) => image,
                None => client.get::<ImageChoice>("/images").await?.base,
            };
            let resources = NodeResources { cpus, memory_mib: memory };
            let mut create = CreateVcluster::new(name, image, nodes, resources);
            (create.description, create.autostart) = (description, !no_autostart);
            let made: Vcluster = client.post("/vclusters", &create).await?;
            accepted(client, made, wait, output).await
        }
        VcCommand::Start(act) => order(client, act, "start", output).await,
        VcCommand::Stop(act) => order(client, act, "stop", output).await,
        VcCommand::Restart(act) => order(client, act, "restart", output).await,
        VcCommand::Rm(Act { vcluster, wait }) => remove(client, &vcluster, wait, output).await,
        VcCommand::AddNode { vcluster, count, wait } => {
            let path = format!("{}/nodes", path(&named::vcluster(client, &vcluster).await?));
            let changed = client.post(&path, &AddNodes { count }).await?;
            accepted(client, changed, wait, output).await
        }
        VcCommand::RmNode { node, wait } => {
            let (found, node) = named::node(client, &node).await?;
            let changed = client.delete(&format!("{}/nodes/{}", path(&found), in_path(&node))).await?;
            accepted(client, changed, wait, output).await
        }
        VcCommand::Wait { vcluster, timeout } => {
            let found = named::vcluster(client, &vcluster).await?;
            accepted(client, found, Wait { wait: true, timeout }, output).await
        }
    }
}

fn path(vcluster: &Vcluster) -> String {
    format!("/vclusters/{}", in_path(&vcluster.id))
}

async fn order(client: &Client, act: Act, what: &str, output: &Output) -> Result<(), Failure> {
    let found = named::vcluster(client, &act.vcluster).await?;
    let nothing = serde_json::json!({});
    let changed: Vcluster = client.post(&format!("{}/{what}", path(&found)), &nothing).await?;
    accepted(client, changed, act.wait, output).await
}

async fn remove(client: &Client, named: &str, wait: Wait, output: &Output) -> Result<(), Failure> {
    let found = named::vcluster(client, named).await?;
    client.send(Method::DELETE, &path(&found)).await?;
    match wait.wait {
        true => match waited(client, &found, wait.timeout, output).await? {
            None => output.say(&format!("{} is deleted; the home is kept.", found.name)),
            Some(left) => return Err(failed(&left)),
        },
        false => output.say(&format!("{} is being deleted.", found.name)),
    }
    Ok(())
}

/// Prints the vcluster as it is when it was accepted, or at the end of what was waited for.
async fn accepted(client: &Client, vcluster: Vcluster, wait: Wait, output: &Output) -> Result<(), Failure> {
    let is_going = vcluster.state.as_str() == "deleting";
    let now = if wait.wait { waited(client, &vcluster, wait.timeout, output).await? } else { Some(vcluster) };
    let Some(now) = now else {
        // Which may be what was waited for.
        output.say("It is deleted.");
        return if is_going { Ok(()) } else { Err(Failure::new(Kind::Waited, "It was deleted meanwhile.")) };
    };
    output.show(&now, &nodes(&now))?;
    let ended_badly = wait.wait && now.operation.state.as_str() != "succeeded";
    if ended_badly { Err(failed(&now)) } else { Ok(()) }
}

fn failed(vcluster: &Vcluster) -> Failure {
    let reason = vcluster.operation.reason.as_deref().or(vcluster.reason.as_deref()).unwrap_or("no reason is known");
    let (kind, state) = (vcluster.operation.kind.as_str(), vcluster.operation.state.as_str());
    Failure::new(Kind::Waited, format!("{}: {kind} {state}: {reason}", vcluster.name))
}

/// Follows the vcluster until nothing is being done with it; `None` once it is gone.
async fn waited(
    client: &Client,
    vcluster: &Vcluster,
    timeout: u64,
    output: &Output,
) -> Result<Option<Vcluster>, Failure> {
    let settled = |now: &Vcluster| {
        let reason = now.reason.as_deref().unwrap_or_default();
        output.progress(&format!("{}: {} {reason}", now.name, now.state.as_str()));
        now.operation.state.as_str() != "running"
    };
    // What happened before the stream stood is in the list.
    let begun = async || {
        let now = match client.get::<Vcluster>(&path(vcluster)).await {
            Err(gone) if gone.kind == Kind::NotFound => return Ok(Some(None)),
            now => now?,
        };
        Ok(settled(&now).then_some(Some(now)))
    };
    let on = async |event: Event| match event {
        Event::Vcluster { vcluster: now, .. } if now.id == vcluster.id && settled(&now) => Ok(Some(Some(*now))),
        Event::VclusterGone { id, .. } if id == vcluster.id => Ok(Some(None)),
        _ => Ok(None),
    };
    let deadline = Instant::now() + Duration::from_secs(timeout);
    let end = follow(client, Some(deadline), begun, on).await;
    output.progress("");
    end?.ok_or_else(|| {
        let what = format!("{} is not done after {timeout} seconds; it goes on.", vcluster.name);
        Failure::new(Kind::Waited, what)
    })
}

fn table(vclusters: &[Vcluster]) -> Table {
    let row = |vcluster: &Vcluster| {
        let running = vcluster.nodes.iter().filter(|node| node.running_since.is_some()).count();
        vec![
            vcluster.name.clone(),
            vcluster.state.as_str().to_owned(),
            format!("{running}/{}", vcluster.nodes.len()),
            vcluster.image.clone(),
            vcluster
                .reason
                .clone()
                .or_else(|| vcluster.description.lines().next().map(str::to_owned))
                .unwrap_or_default(),
        ]
    };
    Table::new(&["name", "state", "nodes", "image", "about"], vclusters.iter().map(row))
}

fn nodes(vcluster: &Vcluster) -> Table {
    let row = |node: &Node| {
        vec![
            format!("{}/{}", vcluster.name, node.name),
            node.state.as_str().to_owned(),
            node.ip.clone(),
            node.worker.clone(),
            node.reason.clone().unwrap_or_default(),
        ]
    };
    Table::new(&["node", "state", "address", "host", "reason"], vcluster.nodes.iter().map(row))
}
