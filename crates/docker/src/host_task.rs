//! A short task in the host's network namespace, done by a container that is gone afterwards.

use bollard::{
    errors::Error,
    models::{ContainerCreateBody, HealthConfig, HostConfig},
    query_parameters::{CreateContainerOptionsBuilder, WaitContainerOptions},
};
use control::ports::engine::{EngineError, HostTask};
use futures::StreamExt;

use crate::{
    client::{CHANGE, Client, QUERY},
    container,
    fault::{fault, tidy},
    label, log,
    spec::{self, INIT_TARGET},
};

const MEMORY: i64 = 64 * 1024 * 1024;
const PIDS: i64 = 16;

/// One name per installation: what a crash left behind is found and removed by the next task.
fn name(task: &HostTask) -> String {
    format!("docklet-task-{}", task.installation)
}

pub(crate) async fn run(client: &Client, task: &HostTask) -> Result<(), EngineError> {
    let id = match create(client, task).await? {
        Ok(id) => id,
        Err(error) if container::is_name_taken(&error) => {
            remove_left_over(client, task).await?;
            create(client, task).await?.map_err(fault)?
        }
        Err(error) => return Err(fault(error)),
    };
    let outcome = to_its_end(client, &id).await;
    let removed = container::remove(client, &id).await;
    outcome.and(removed)
}

/// What a crash in the middle of a task has left.
async fn remove_left_over(client: &Client, task: &HostTask) -> Result<(), EngineError> {
    let name = name(task);
    let there = client.raw(QUERY, |docker| async move { docker.inspect_container(&name, None).await }).await?;
    match there {
        Ok(there) => {
            let labels = there.config.and_then(|config| config.labels).unwrap_or_default();
            if !label::is_ours(&labels, task.installation) {
                return Err(EngineError::NameTaken(self::name(task)));
            }
            container::remove(client, &self::name(task)).await
        }
        Err(error) if container::is_missing(&error) => Ok(()),
        Err(error) => Err(fault(error)),
    }
}

async fn to_its_end(client: &Client, id: &str) -> Result<(), EngineError> {
    client.ask(CHANGE, |docker| async move { docker.start_container(id, None).await }).await?;
    let wait = |docker: bollard::Docker| async move {
        docker.wait_container(id, None::<WaitContainerOptions>).next().await.transpose()
    };
    match client.raw(CHANGE, wait).await? {
        Ok(Some(ended)) if ended.status_code == 0 => Ok(()),
        Ok(Some(_)) | Err(Error::DockerContainerWaitError { .. }) => {
            let output = log::tail(client, id, 20).await?;
            Err(EngineError::Refused(format!("a task on the host failed: {}", tidy(&output))))
        }
        Ok(None) => Err(EngineError::Refused("a task on the host ended without saying how".into())),
        Err(error) => Err(fault(error)),
    }
}

async fn create(client: &Client, task: &HostTask) -> Result<Result<String, Error>, EngineError> {
    let options = CreateContainerOptionsBuilder::new().name(&name(task)).build();
    let body = body(task);
    let answer = client.raw(CHANGE, |docker| async move { docker.create_container(Some(options), body).await }).await?;
    Ok(answer.map(|created| created.id))
}

fn body(task: &HostTask) -> ContainerCreateBody {
    let host = HostConfig {
        network_mode: Some("host".into()),
        cap_drop: Some(vec!["ALL".into()]),
        cap_add: Some(task.capabilities.clone()),
        security_opt: Some(vec!["no-new-privileges".into()]),
        readonly_rootfs: Some(true),
        memory: Some(MEMORY),
        memory_swap: Some(MEMORY),
        pids_limit: Some(PIDS),
        log_config: Some(spec::log()),
        mounts: Some(vec![spec::bind(&task.init.to_string_lossy(), INIT_TARGET, true)]),
        ..Default::default()
    };
    ContainerCreateBody {
        user: Some("0:0".into()),
        working_dir: Some("/".into()),
        entrypoint: Some(vec![INIT_TARGET.into()]),
        cmd: Some(task.arguments.clone()),
        image: Some(task.image.with_tag()),
        labels: Some(label::of_installation(task.installation)),
        healthcheck: Some(HealthConfig { test: Some(vec!["NONE".into()]), ..Default::default() }),
        host_config: Some(host),
        ..Default::default()
    }
}
