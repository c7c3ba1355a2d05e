//! The Docker API without Docklet: containers as jobs have them (image, network mode, mounts, limits) that run `true`, and what the
//! engine tells of Docklet's. Knows nothing of Docklet but how it labels them.

use std::{
    collections::HashMap,
    path::Path,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, ensure};
use bollard::{
    API_DEFAULT_VERSION, Docker,
    models::{
        ContainerCreateBody, EventMessage, HostConfig, HostConfigLogConfig, Mount, MountType, MountVolumeOptions,
        RestartPolicy, RestartPolicyNameEnum,
    },
    query_parameters::{EventsOptionsBuilder, ListContainersOptionsBuilder, RemoveContainerOptionsBuilder},
};
use control::ports::engine::label;
use domain::{InstallationId, image::ImageRef};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use tempfile::TempDir;
use testkit::DockerCleanup;
use uuid::Uuid;

const MIB: i64 = 1024 * 1024;
/// A single answer of the engine is not waited for longer.
const PATIENCE_S: u64 = 120;

/// Makes such containers, and takes along what is left of them.
pub(super) struct Bare {
    docker: Docker,
    body: ContainerCreateBody,
    _run: TempDir,
    _cleanup: DockerCleanup,
}

impl Bare {
    /// `init`: docklet-init, whose directory is mounted as in a job's container.
    pub(super) async fn new(init: &Path) -> Result<Self> {
        let installation = InstallationId::new(Uuid::now_v7());
        let labels = HashMap::from([(label::INSTALLATION.to_owned(), installation.to_string())]);
        let (docker, run) = (connect().await?, tempfile::tempdir()?);
        let mounts = vec![
            bind(init.parent().context("docklet-init lies in a directory")?, "/.docklet/bin"),
            bind(run.path(), "/.docklet/run"),
            home(&format!("docklet-bench-{installation}"), &labels),
        ];
        let image: ImageRef = "docklet/base".parse()?;
        let body = body(image.with_tag(), mounts, labels);
        Ok(Self { docker, body, _run: run, _cleanup: DockerCleanup::new(installation) })
    }

    /// How long it takes until the container is made, and until it runs. It is gone in the end.
    pub(super) async fn run(&self) -> Result<(Duration, Duration)> {
        let begun = Instant::now();
        let id = self.docker.create_container(None, self.body.clone()).await?.id;
        let made = begun.elapsed();
        self.docker.start_container(&id, None).await?;
        let runs = begun.elapsed();
        let ended: Vec<_> = self.docker.wait_container(&id, None).try_collect().await?;
        ensure!(ended.iter().all(|ended| ended.status_code == 0), "`true` has failed: {ended:?}");
        let remove = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        self.docker.remove_container(&id, Some(remove)).await?;
        Ok((made, runs))
    }

    /// The containers of jobs that this installation has now.
    pub(super) async fn jobs_of(&self, installation: &str) -> Result<usize> {
        let options = ListContainersOptionsBuilder::new().all(true).filters(&of_jobs(installation)).build();
        Ok(self.docker.list_containers(Some(options)).await?.len())
    }

    /// What happens from now on to containers of jobs of this installation.
    pub(super) fn events_of(&self, installation: &str) -> Happenings {
        let mut filters = of_jobs(installation);
        filters.insert("type".to_owned(), vec!["container".to_owned()]);
        filters.insert("event".to_owned(), ["create", "start", "destroy"].map(str::to_owned).into());
        // Said, as the request itself is sent only when the first event is asked for.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let since = format!("{}.{:09}", now.as_secs(), now.subsec_nanos());
        let options = EventsOptionsBuilder::new().since(&since).filters(&filters).build();
        Happenings(self.docker.events(Some(options)).boxed())
    }
}

/// What the engine tells, as it happens.
pub(super) struct Happenings(BoxStream<'static, Result<EventMessage, bollard::errors::Error>>);

impl Happenings {
    /// When this happens next, by the engine's clock, since the epoch. What happens before it is passed over.
    pub(super) async fn next(&mut self, action: &str) -> Result<Duration> {
        let told = async {
            loop {
                let event = self.0.next().await.context("the engine's events have ended")??;
                if event.action.as_deref() == Some(action) {
                    let at = u64::try_from(event.time_nano.context("an event without a time")?)?;
                    return anyhow::Ok(Duration::from_nanos(at));
                }
            }
        };
        let told = tokio::time::timeout(Duration::from_secs(60), told).await;
        told.with_context(|| format!("no job's container came to its {action} within a minute"))?
    }
}

async fn connect() -> Result<Docker> {
    let socket = testkit::engine_socket();
    let socket = socket.to_str().context("the engine's socket has a path that is text")?;
    Ok(Docker::connect_with_unix(socket, PATIENCE_S, API_DEFAULT_VERSION)?.negotiate_version().await?)
}

fn of_jobs(installation: &str) -> HashMap<String, Vec<String>> {
    let labels = vec![format!("{}={installation}", label::INSTALLATION), label::TASK.to_owned()];
    HashMap::from([("label".to_owned(), labels)])
}

/// As crates/docker has a job's, as far as it costs anything; but `true` in place of docklet-init.
fn body(image: String, mounts: Vec<Mount>, labels: HashMap<String, String>) -> ContainerCreateBody {
    let log = [("max-size", "1m"), ("max-file", "1")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    ContainerCreateBody {
        image: Some(image),
        entrypoint: Some(vec!["/bin/true".to_owned()]),
        labels: Some(labels),
        host_config: Some(HostConfig {
            nano_cpus: Some(500_000_000),
            memory: Some(128 * MIB),
            memory_swap: Some(128 * MIB),
            pids_limit: Some(512),
            network_mode: Some("none".to_owned()),
            restart_policy: Some(RestartPolicy { name: Some(RestartPolicyNameEnum::NO), ..Default::default() }),
            log_config: Some(HostConfigLogConfig { typ: Some("json-file".to_owned()), config: Some(log.into()) }),
            mounts: Some(mounts),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn bind(source: &Path, target: &str) -> Mount {
    Mount {
        typ: Some(MountType::BIND),
        source: Some(source.to_string_lossy().into_owned()),
        target: Some(target.to_owned()),
        read_only: Some(true),
        ..Default::default()
    }
}

fn home(volume: &str, labels: &HashMap<String, String>) -> Mount {
    Mount {
        typ: Some(MountType::VOLUME),
        source: Some(volume.to_owned()),
        target: Some("/root".to_owned()),
        volume_options: Some(MountVolumeOptions { labels: Some(labels.clone()), ..Default::default() }),
        ..Default::default()
    }
}
