//! The helper: one long-lived container of an installation on this host, in the host's own network namespace, with the power
//! to change it. It runs from an image made here, which holds docklet-init and nothing else: no image of a tenant's ever
//! has that power.

use std::{collections::HashMap, path::Path, time::Duration};

use bollard::{
    body_full,
    errors::Error,
    models::{ContainerCreateBody, HealthConfig, HostConfig, ImageSummary, RestartPolicy, RestartPolicyNameEnum},
    query_parameters::{
        CreateContainerOptionsBuilder, CreateImageOptionsBuilder, ListImagesOptionsBuilder, LogsOptionsBuilder,
        RemoveImageOptions,
    },
};
use chrono::{DateTime, Utc};
use control::ports::engine::{EngineError, HelperLine, HelperSpec, label as key};
use domain::InstallationId;
use futures::{
    StreamExt, TryStreamExt,
    stream::{self, BoxStream},
};
use tokio::time::{Instant, sleep};

use crate::{
    archive,
    client::{CHANGE, Client, QUERY},
    container,
    fault::{fault, tidy},
    image, label, spec,
};

/// Where docklet-init is in its image.
const PROGRAM: &str = "docklet-init";
/// All versions of that image.
const REPOSITORY: &str = "docklet/firewall";
/// How some engines list an image without a name.
const UNNAMED: &str = "<none>:<none>";
const MEMORY: i64 = 32 * 1024 * 1024;
const PIDS: i64 = 8;
/// How long a helper may be in the making by another.
const IN_THE_MAKING: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// It has nothing to finish but its own rules.
const GRACE_SECONDS: u32 = 2;

fn name(installation: InstallationId) -> String {
    format!("docklet-firewall-{installation}")
}

fn image(spec: &HelperSpec) -> String {
    format!("{REPOSITORY}:{}", spec.version)
}

/// What tells one helper from another that was told something else.
fn told(spec: &HelperSpec) -> String {
    [std::slice::from_ref(&spec.version), &spec.arguments].concat().join(" ")
}

/// What runs as it should is left in peace; everything else of that name and ours is replaced.
pub(crate) async fn ensure(client: &Client, spec: &HelperSpec) -> Result<(), EngineError> {
    let began = Instant::now();
    loop {
        match attempt(client, spec).await? {
            Attempt::Done => return Ok(()),
            Attempt::InTheMaking(_) if began.elapsed() < IN_THE_MAKING => sleep(LOOK_AGAIN).await,
            Attempt::InTheMaking(error) => return Err(error),
        }
    }
}

enum Attempt {
    Done,
    /// The name is taken, and nothing is there that has it: it is being made, most likely by ourselves before we were ended.
    /// Or the image has come or gone meanwhile, made or removed by another installation of the same program.
    InTheMaking(EngineError),
}

async fn attempt(client: &Client, spec: &HelperSpec) -> Result<Attempt, EngineError> {
    let name = name(spec.installation);
    match look(client, &name).await? {
        Some(there) if !label::is_ours(&there.labels, spec.installation) => return Err(EngineError::NameTaken(name)),
        Some(there) if there.runs && there.labels.get(key::HELPER) == Some(&told(spec)) => return Ok(Attempt::Done),
        Some(_) => container::remove(client, &name).await?,
        None => {}
    }
    let id = match make(client, spec).await {
        Err(error) if is_of_another(&error) => return Ok(Attempt::InTheMaking(error)),
        made => made?,
    };
    match client.ask(CHANGE, |docker| async move { docker.start_container(&id, None).await }).await {
        Err(error @ EngineError::Gone(_)) => return Ok(Attempt::InTheMaking(error)),
        started => started?,
    }
    if let Err(error) = remove_images(client, Some(&image(spec))).await {
        tracing::warn!(%error, "older images of the firewall's helper cannot be removed");
    }
    Ok(Attempt::Done)
}

/// Its id.
async fn make(client: &Client, spec: &HelperSpec) -> Result<String, EngineError> {
    match create(client, spec).await? {
        Err(EngineError::NoSuchImage(_)) => {
            import(client, spec).await?;
            create(client, spec).await?
        }
        created => created,
    }
}

/// Whether the container is being made, or another installation has made or removed the image of the same program meanwhile.
/// An engine that keeps images in containerd says so of the name, of the layer and of what is unpacked.
fn is_of_another(error: &EngineError) -> bool {
    let words = ["already exists", "not found", "does not exist"];
    match error {
        EngineError::NameTaken(_) | EngineError::NoSuchImage(_) | EngineError::Gone(_) => true,
        EngineError::Refused(said) => words.iter().any(|words| said.contains(words)),
        _ => false,
    }
}

struct There {
    labels: label::Labels,
    runs: bool,
}

async fn look(client: &Client, name: &str) -> Result<Option<There>, EngineError> {
    match client.raw(QUERY, |docker| async move { docker.inspect_container(name, None).await }).await? {
        Ok(there) => Ok(Some(There {
            labels: there.config.and_then(|config| config.labels).unwrap_or_default(),
            runs: there.state.and_then(|state| state.running).unwrap_or_default(),
        })),
        Err(error) if container::is_missing(&error) => Ok(None),
        Err(error) => Err(fault(error)),
    }
}

async fn create(client: &Client, spec: &HelperSpec) -> Result<Result<String, EngineError>, EngineError> {
    let name = name(spec.installation);
    let options = CreateContainerOptionsBuilder::new().name(&name).build();
    let body = body(spec);
    let answer = client.raw(CHANGE, |docker| async move { docker.create_container(Some(options), body).await }).await?;
    Ok(answer
        .map(|created| created.id)
        .map_err(|error| if container::is_name_taken(&error) { EngineError::NameTaken(name) } else { fault(error) }))
}

fn body(spec: &HelperSpec) -> ContainerCreateBody {
    let host = HostConfig {
        network_mode: Some("host".into()),
        // An engine that remaps users keeps the host's network from all others.
        userns_mode: Some("host".into()),
        cap_drop: Some(vec!["ALL".into()]),
        cap_add: Some(vec!["NET_ADMIN".into()]),
        security_opt: Some(vec!["no-new-privileges".into()]),
        readonly_rootfs: Some(true),
        memory: Some(MEMORY),
        memory_swap: Some(MEMORY),
        pids_limit: Some(PIDS),
        // Also while no dockletd is there to see it end.
        restart_policy: Some(RestartPolicy { name: Some(RestartPolicyNameEnum::ALWAYS), ..Default::default() }),
        log_config: Some(spec::log()),
        ..Default::default()
    };
    let mut labels = label::of_installation(spec.installation);
    labels.insert(key::HELPER.to_owned(), told(spec));
    ContainerCreateBody {
        user: Some("0:0".into()),
        working_dir: Some("/".into()),
        entrypoint: Some(vec![format!("/{PROGRAM}")]),
        cmd: Some(spec.arguments.clone()),
        image: Some(image(spec)),
        labels: Some(labels),
        stop_signal: Some("SIGTERM".into()),
        healthcheck: Some(HealthConfig { test: Some(vec!["NONE".into()]), ..Default::default() }),
        host_config: Some(host),
        ..Default::default()
    }
}

/// Makes the image out of docklet-init alone.
async fn import(client: &Client, spec: &HelperSpec) -> Result<(), EngineError> {
    let unreadable = |error| EngineError::Refused(format!("{} cannot be read: {error}", spec.init.display()));
    let program = tokio::fs::read(&spec.init).await.map_err(unreadable)?;
    let archive = archive::of_one(Path::new(PROGRAM), &program);
    let (repository, tag) = (REPOSITORY, spec.version.clone());
    let import = |docker: bollard::Docker| async move {
        let label = format!("LABEL {}={tag}", key::HELPER);
        let options = CreateImageOptionsBuilder::new().from_src("-").repo(repository).tag(&tag).changes(vec![label]);
        let options = options.build();
        docker
            .create_image(Some(options), Some(body_full(archive.into())), None)
            .try_for_each(|_| async { Ok(()) })
            .await
    };
    client.ask(CHANGE, import).await
}

/// Removes the helper's images but this one, those too that have lost their name to one of the same version. What another
/// installation's helper runs from stays.
async fn remove_images(client: &Client, but: Option<&str>) -> Result<(), EngineError> {
    let filters = HashMap::from([("label".to_owned(), vec![key::HELPER.to_owned()])]);
    let options = ListImagesOptionsBuilder::new().filters(&filters).build();
    let listed = match client.ask(QUERY, |docker| async move { docker.list_images(Some(options)).await }).await {
        // One was removed while the engine read it; what is left is found when the next helper is made.
        Err(EngineError::Gone(_)) => return Ok(()),
        listed => listed?,
    };
    for name in listed.iter().flat_map(names).filter(|name| Some(*name) != but) {
        let gone = |docker: bollard::Docker| async move {
            docker.remove_image(name, None::<RemoveImageOptions>, None).await.map(drop)
        };
        match client.raw(CHANGE, gone).await? {
            Ok(()) => {}
            Err(error) if image::is_gone(&error) || is_in_use(&error) => {}
            Err(error) => return Err(fault(error)),
        }
    }
    Ok(())
}

/// The names of an image of ours, or its id when it has none. Any image can have our label, but only ours have a name
/// below our own.
fn names(image: &ImageSummary) -> Vec<&str> {
    let mut names: Vec<&str> = image.repo_tags.iter().map(String::as_str).filter(|name| *name != UNNAMED).collect();
    if names.is_empty() {
        return vec![&image.id];
    }
    names.retain(|name| name.split_once(':').is_some_and(|(repository, _)| repository == REPOSITORY));
    names
}

fn is_in_use(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code: 409, .. })
}

/// Its last line and all that follow, until it ends.
pub(crate) async fn lines(
    client: &Client,
    installation: InstallationId,
) -> Result<BoxStream<'static, Result<HelperLine, EngineError>>, EngineError> {
    let docker = client.docker().await?;
    let options = LogsOptionsBuilder::new().follow(true).stdout(true).stderr(true).timestamps(true).tail("1").build();
    let chunks = docker.logs(&name(installation), Some(options)).map_err(fault);
    let lines = chunks.map_ok(|chunk| {
        let text = String::from_utf8_lossy(chunk.as_ref()).into_owned();
        stream::iter(text.lines().filter_map(line).map(Ok).collect::<Vec<_>>())
    });
    Ok(lines.try_flatten().boxed())
}

/// `2026-11-29T04:12:00.123456789Z stands`.
fn line(text: &str) -> Option<HelperLine> {
    let (at, text) = text.split_once(' ')?;
    let at = DateTime::parse_from_rfc3339(at).ok()?.with_timezone(&Utc);
    Some(HelperLine { at, text: tidy(text) })
}

/// Told first, so that it can take along what no node needs any more. Succeeds, too, when it is gone.
pub(crate) async fn remove(client: &Client, installation: InstallationId) -> Result<(), EngineError> {
    let name = name(installation);
    match look(client, &name).await? {
        Some(there) if label::is_ours(&there.labels, installation) => {
            container::stop(client, &name, GRACE_SECONDS).await?;
            container::remove(client, &name).await?;
        }
        // Another's, or none.
        Some(_) | None => {}
    }
    remove_images(client, None).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_a_time_and_a_text() {
        let read = line("2026-11-29T04:12:00.5Z mended: its rules\u{1b} had been changed").expect("a line");
        assert_eq!(
            (read.at.timestamp_subsec_millis(), read.text.as_str()),
            (500, "mended: its rules had been changed")
        );
        assert_eq!(line("stands"), None);
        assert_eq!(line("yesterday stands"), None);
    }
}
