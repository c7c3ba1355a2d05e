//! Containers: looked at, created, started, stopped, paused, removed.

use bollard::{
    errors::Error,
    models::{
        ContainerInspectResponse, ContainerState, ContainerStateStatusEnum, NetworkConnectRequest,
        NetworkDisconnectRequest,
    },
    query_parameters::{
        CreateContainerOptionsBuilder, ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
        StopContainerOptionsBuilder,
    },
};
use chrono::{DateTime, SubsecRound as _, Utc};
use control::ports::engine::{Container, ContainerSpec, EngineError, RunState};
use domain::InstallationId;
use futures::{StreamExt, TryStreamExt, stream};
use std::{collections::HashMap, net::Ipv4Addr, time::Duration};

use crate::{
    client::{CHANGE, Client, QUERY},
    fault::{fault, parts, tidy},
    label, spec,
};

/// The list does not say since when a container runs nor how it ended, so each is looked at; that many at once.
const LOOKS_AT_ONCE: usize = 16;

pub(crate) async fn all(client: &Client, installation: InstallationId) -> Result<Vec<Container>, EngineError> {
    let filters = HashMap::from([label::filter(installation)]);
    let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
    let listed = client.ask(QUERY, |docker| async move { docker.list_containers(Some(options)).await }).await?;
    let ours = listed.into_iter().filter(|summary| {
        summary.labels.as_ref().is_some_and(|labels| label::container(labels, installation).is_some())
    });
    let looks = ours.filter_map(|summary| summary.id).map(|id| async move { one(client, installation, &id).await });
    // One that is gone by the time it is looked at is not there.
    let found: Vec<Option<Container>> = stream::iter(looks).buffer_unordered(LOOKS_AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

pub(crate) async fn one(
    client: &Client,
    installation: InstallationId,
    name: &str,
) -> Result<Option<Container>, EngineError> {
    let answer = client.raw(QUERY, |docker| async move { docker.inspect_container(name, None).await }).await?;
    match answer {
        Ok(found) => read(found, installation).map(Some),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(fault(error)),
    }
}

fn read(found: ContainerInspectResponse, installation: InstallationId) -> Result<Container, EngineError> {
    let unreadable = |what: &str| EngineError::Refused(format!("its answer about a container has no {what}"));
    let id = found.id.ok_or_else(|| unreadable("id"))?;
    let name = found.name.map(|name| name.trim_start_matches('/').to_owned()).unwrap_or_default();
    let labels = found.config.and_then(|config| config.labels).unwrap_or_default();
    let run = run_state(&found.state.ok_or_else(|| unreadable("state"))?)?;
    Ok(Container { id, name, ours: label::container(&labels, installation), run })
}

fn run_state(state: &ContainerState) -> Result<RunState, EngineError> {
    use ContainerStateStatusEnum as Status;
    match state.status {
        Some(Status::CREATED) => Ok(RunState::Created),
        Some(Status::RUNNING | Status::STOPPING) => {
            Ok(RunState::Running { since: moment(state.started_at.as_deref())? })
        }
        Some(Status::PAUSED) => Ok(RunState::Paused),
        Some(Status::EXITED | Status::RESTARTING) => Ok(RunState::Exited {
            code: state.exit_code.unwrap_or_default(),
            out_of_memory: state.oom_killed.unwrap_or_default(),
            at: moment(state.finished_at.as_deref())?,
        }),
        Some(Status::REMOVING | Status::DEAD) => Ok(RunState::Dead),
        Some(Status::EMPTY) | None => Err(EngineError::Refused("its answer about a container has no status".into())),
    }
}

/// To the microsecond, as the record keeps it: the engine says the same start to the nanosecond again and again.
fn moment(text: Option<&str>) -> Result<DateTime<Utc>, EngineError> {
    let text = text.unwrap_or_default();
    DateTime::parse_from_rfc3339(text)
        .map(|moment| moment.with_timezone(&Utc).trunc_subsecs(6))
        .map_err(|_| EngineError::Refused(format!("it gives {:?} as a container's time", tidy(text))))
}

pub(crate) async fn create(client: &Client, spec: &ContainerSpec) -> Result<String, EngineError> {
    let options = CreateContainerOptionsBuilder::new().name(&spec.name).build();
    let body = spec::body(spec);
    match client.raw(CHANGE, |docker| async move { docker.create_container(Some(options), body).await }).await? {
        Ok(created) => Ok(created.id),
        Err(error) if is_name_taken(&error) => Err(EngineError::NameTaken(spec.name.clone())),
        Err(error) => Err(fault(error)),
    }
}

pub(crate) async fn start(client: &Client, id: &str, ip: Option<Ipv4Addr>) -> Result<(), EngineError> {
    let answer = client.raw(CHANGE, |docker| async move { docker.start_container(id, None).await }).await?;
    match answer {
        // The engine starts nothing that is paused, but continuing it makes it run.
        Err(error) if says(&error, "paused") => {
            client.ask(CHANGE, |docker| async move { docker.unpause_container(id).await }).await
        }
        // It remembers its network by id, and that network was removed. There may be another one of the same name.
        Err(error) if is_missing(&error) && says(&error, "network") => {
            let Some(ip) = ip else { return Err(fault(error)) };
            rejoin(client, id, ip).await?;
            client.ask(CHANGE, |docker| async move { docker.start_container(id, None).await }).await
        }
        answer => answer.map_err(fault),
    }
}

/// Leaves the network that is gone and joins the one that has its name now, under the same name.
async fn rejoin(client: &Client, id: &str, ip: Ipv4Addr) -> Result<(), EngineError> {
    let found = client.ask(QUERY, |docker| async move { docker.inspect_container(id, None).await }).await?;
    let unreadable = || EngineError::Refused("its answer about a container has no network".into());
    let name = found.host_config.and_then(|host| host.network_mode).ok_or_else(unreadable)?;
    let name = name.as_str();
    let host_name = found.config.and_then(|config| config.hostname).ok_or_else(unreadable)?;
    client.ask(QUERY, |docker| async move { docker.inspect_network(name, None).await.map(drop) }).await?;
    let leave = NetworkDisconnectRequest { container: id.to_owned(), force: Some(true) };
    client.ask(CHANGE, |docker| async move { docker.disconnect_network(name, leave).await }).await?;
    let endpoint_config = Some(spec::endpoint(ip, &host_name));
    let join = NetworkConnectRequest { container: id.to_owned(), endpoint_config };
    client.ask(CHANGE, |docker| async move { docker.connect_network(name, join).await }).await
}

pub(crate) async fn stop(client: &Client, id: &str, grace_seconds: u32) -> Result<(), EngineError> {
    let grace = i32::try_from(grace_seconds).unwrap_or(i32::MAX);
    let limit = CHANGE + Duration::from_secs(grace_seconds.into());
    let options = || StopContainerOptionsBuilder::new().t(grace).build();
    let stop = || client.raw(limit, |docker| async move { docker.stop_container(id, Some(options())).await });
    match stop().await? {
        Ok(()) => Ok(()),
        Err(error) if is_missing(&error) => Ok(()),
        Err(error) if says(&error, "paused") => {
            client.ask(CHANGE, |docker| async move { docker.unpause_container(id).await }).await?;
            stop().await?.map_err(fault)
        }
        Err(error) => Err(fault(error)),
    }
}

pub(crate) async fn pause(client: &Client, id: &str) -> Result<(), EngineError> {
    match client.raw(CHANGE, |docker| async move { docker.pause_container(id).await }).await? {
        Ok(()) => Ok(()),
        Err(error) if is_missing(&error) || says(&error, "already paused") || says(&error, "is not running") => Ok(()),
        Err(error) => Err(fault(error)),
    }
}

pub(crate) async fn remove(client: &Client, id: &str) -> Result<(), EngineError> {
    // `v`: volumes the image itself declared. Named volumes, such as homes, are kept.
    let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
    match client.raw(CHANGE, |docker| async move { docker.remove_container(id, Some(options)).await }).await? {
        Ok(()) => Ok(()),
        Err(error) if is_missing(&error) => Ok(()),
        // Another request is removing it already: that is as good, once it is done.
        Err(error) if says(&error, "is already in progress") => wait_until_gone(client, id).await,
        Err(error) => Err(fault(error)),
    }
}

async fn wait_until_gone(client: &Client, id: &str) -> Result<(), EngineError> {
    let pause = Duration::from_millis(50);
    for _ in 0..CHANGE.as_millis() / pause.as_millis() {
        match client.raw(QUERY, |docker| async move { docker.inspect_container(id, None).await }).await? {
            Ok(_) => tokio::time::sleep(pause).await,
            Err(error) if is_missing(&error) => return Ok(()),
            Err(error) => return Err(fault(error)),
        }
    }
    Err(EngineError::Refused(format!("the removal of the container {id}, which somebody else began, does not end")))
}

/// There is nothing of that name.
pub(crate) fn is_missing(error: &Error) -> bool {
    parts(error).is_some_and(|(status, _)| status == 404)
}

/// By whomever.
pub(crate) fn is_name_taken(error: &Error) -> bool {
    parts(error).is_some_and(|(status, message)| status == 409 && message.contains("is already in use by container"))
}

fn says(error: &Error, words: &str) -> bool {
    parts(error).is_some_and(|(_, message)| message.contains(words))
}
