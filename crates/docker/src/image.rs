//! Images: looked for, pulled and removed.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use bollard::{
    errors::Error,
    models::{CreateImageInfo, ImageInspect},
    query_parameters::{CreateImageOptionsBuilder, ListContainersOptionsBuilder, RemoveImageOptions},
};
use control::ports::engine::{EngineError, PullFault, PullProgress};
use domain::image::ImageRef;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};

use crate::{
    client::{CHANGE, Client, QUERY},
    container::is_missing,
    fault::{fault, parts},
    pull_fault::pull_failed,
};

/// A pull may take as long as it likes while it moves.
const STALL: Duration = Duration::from_secs(60);
/// What every id begins with.
const ID: &str = "sha256:";

pub(crate) async fn id(client: &Client, name: &str) -> Result<Option<String>, EngineError> {
    Ok(inspect(client, name).await?.and_then(|found| found.id))
}

async fn has_name(client: &Client, id: &str) -> Result<bool, EngineError> {
    let names = inspect(client, id).await?.and_then(|found| found.repo_tags);
    Ok(names.is_some_and(|names| !names.is_empty()))
}

async fn inspect(client: &Client, name: &str) -> Result<Option<ImageInspect>, EngineError> {
    match client.raw(QUERY, |docker| async move { docker.inspect_image(name).await }).await? {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(fault(error)),
    }
}

pub(crate) async fn in_use(client: &Client) -> Result<BTreeSet<String>, EngineError> {
    let options = ListContainersOptionsBuilder::new().all(true).build();
    let listed = client.ask(QUERY, |docker| async move { docker.list_containers(Some(options)).await }).await?;
    Ok(listed.into_iter().filter_map(|container| container.image_id).collect())
}

/// Never by force: what a container was made of, the engine itself keeps. By its id it would remove an image together with the
/// only name it has, and that name is not ours.
pub(crate) async fn remove(client: &Client, name: &str) -> Result<(), EngineError> {
    if name.starts_with(ID) && has_name(client, name).await? {
        return Err(EngineError::InUse(format!("the image {name}")));
    }
    let removal =
        |docker: bollard::Docker| async move { docker.remove_image(name, None::<RemoveImageOptions>, None).await };
    match client.raw(CHANGE, removal).await? {
        Ok(_) => Ok(()),
        Err(error) if is_gone(&error) => Ok(()),
        Err(error) if parts(&error).is_some_and(|(status, _)| status == 409) => {
            Err(EngineError::InUse(format!("the image {name}")))
        }
        Err(error) => Err(fault(error)),
    }
}

/// There is no such image; or another request has removed it since the engine began with ours, which is an error of the
/// engine's own to it.
pub(crate) fn is_gone(error: &Error) -> bool {
    is_missing(error) || parts(error).is_some_and(|(_, message)| message.contains("unrecognized image ID"))
}

pub(crate) async fn pull(
    client: &Client,
    image: &ImageRef,
) -> Result<BoxStream<'static, Result<PullProgress, EngineError>>, EngineError> {
    // With neither tag nor digest the engine would pull every tag there is.
    let name = image.with_tag();
    let options = CreateImageOptionsBuilder::new().from_image(&name).build();
    let answers = client.docker().await?.create_image(Some(options), None, None).boxed();
    let state = (answers, Layers::default(), name, false);
    Ok(stream::unfold(state, |(mut answers, mut layers, name, ended)| async move {
        if ended {
            return None;
        }
        let item = match tokio::time::timeout(STALL, answers.next()).await {
            Ok(None) => return None,
            Ok(Some(Ok(answer))) => Ok(layers.take_in(answer)),
            Ok(Some(Err(error))) => Err(pull_failed(&name, error)),
            Err(_) => {
                tracing::warn!(image = %name, stalled_s = STALL.as_secs(), "a pull stands still and is given up");
                Err(EngineError::PullFailed { image: name.clone(), fault: PullFault::TimedOut })
            }
        };
        let ended = item.is_err();
        Some((item, (answers, layers, name, ended)))
    })
    .boxed())
}

/// Adds up what the engine says of each layer.
#[derive(Debug, Default)]
struct Layers(HashMap<String, PullProgress>);

impl Layers {
    fn take_in(&mut self, answer: CreateImageInfo) -> PullProgress {
        let status = answer.status.as_deref().unwrap_or_default();
        if let Some(id) = answer.id {
            let number = |value: Option<i64>| value.and_then(|v| u64::try_from(v).ok());
            let detail = answer.progress_detail.unwrap_or_default();
            let layer = self.0.entry(id).or_insert(PullProgress { done: 0, total: 0 });
            if status == "Downloading" {
                layer.total = number(detail.total).unwrap_or(layer.total);
                layer.done = number(detail.current).unwrap_or(layer.done);
            } else if matches!(status, "Download complete" | "Pull complete" | "Already exists") {
                layer.done = layer.total;
            }
        }
        let sum = |of: fn(&PullProgress) -> u64| self.0.values().map(of).sum();
        PullProgress { done: sum(|layer| layer.done), total: sum(|layer| layer.total) }
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::ProgressDetail;

    use super::*;

    fn answer(id: &str, status: &str, current: Option<i64>, total: Option<i64>) -> CreateImageInfo {
        let progress_detail = Some(ProgressDetail { current, total });
        CreateImageInfo { id: Some(id.into()), status: Some(status.into()), progress_detail, ..Default::default() }
    }

    #[test]
    fn layers_add_up_and_unpacking_does_not_count_backwards() {
        let mut layers = Layers::default();
        layers.take_in(answer("a", "Pulling fs layer", None, None));
        layers.take_in(answer("a", "Downloading", Some(30), Some(100)));
        assert_eq!(
            layers.take_in(answer("b", "Downloading", Some(50), Some(50))),
            PullProgress { done: 80, total: 150 }
        );
        layers.take_in(answer("a", "Download complete", None, None));
        let unpacking = layers.take_in(answer("a", "Extracting", Some(1), Some(100)));
        assert_eq!(unpacking, PullProgress { done: 150, total: 150 });
    }
}
