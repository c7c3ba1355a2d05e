//! Pulling images: each one once, however many nodes wait for it.

use std::{collections::HashMap, sync::Arc};

use control::ports::engine::{EngineError, PullProgress};
use domain::image::ImageRef;
use futures::StreamExt;
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::host::Host;

/// The pulls that are going on.
#[derive(Debug, Default)]
pub(crate) struct Pulls(Mutex<HashMap<ImageRef, watch::Receiver<State>>>);

#[derive(Debug, Clone)]
enum State {
    Going(String),
    Done,
    Failed(EngineError),
}

/// One pull, as one of the waiting nodes sees it.
#[derive(Debug)]
pub(crate) struct Pull(watch::Receiver<State>);

impl Pulls {
    /// Joins this image's pull, or begins it. It goes on when the waiting nodes give up: others may want the image.
    pub(crate) fn join(&self, host: &Arc<Host>, image: &ImageRef) -> Pull {
        let mut going = self.0.lock();
        if let Some(pull) = going.get(image) {
            return Pull(pull.clone());
        }
        let (state, pull) = watch::channel(State::Going("pulling the image".into()));
        going.insert(image.clone(), pull.clone());
        let (host, image) = (Arc::clone(host), image.clone());
        let tasks = host.tasks.clone();
        tasks.spawn(async move {
            let outcome = tokio::select! {
                () = host.end.cancelled() => Err(EngineError::Refused("the worker is being stopped".into())),
                outcome = pull_image(&host, &image, &state) => outcome,
            };
            // Taken out first: a node that comes now finds the image, or tries again.
            host.pulls.0.lock().remove(&image);
            state.send_replace(outcome.map_or_else(State::Failed, |()| State::Done));
        });
        Pull(pull)
    }
}

impl Pull {
    /// What it does now; `None` when the image is there.
    pub(crate) async fn next(&mut self) -> Result<Option<String>, EngineError> {
        if self.0.changed().await.is_err() {
            return Err(EngineError::Refused("the pull of the image broke off".into()));
        }
        match self.0.borrow_and_update().clone() {
            State::Going(step) => Ok(Some(step)),
            State::Done => Ok(None),
            State::Failed(error) => Err(error),
        }
    }
}

async fn pull_image(host: &Host, image: &ImageRef, state: &watch::Sender<State>) -> Result<(), EngineError> {
    tracing::info!(%image, "pulling an image");
    let name = image.with_tag();
    let before = host.engine.image_id(&name).await?;
    let mut progress = host.engine.pull_image(image).await?;
    while let Some(now) = progress.next().await {
        state.send_replace(State::Going(sentence(now?)));
    }
    if let Some(id) = host.engine.image_id(&name).await? {
        host.images.pulled(host, image, before.as_deref(), id);
    }
    Ok(())
}

fn sentence(progress: PullProgress) -> String {
    match (progress.done * 100).checked_div(progress.total) {
        Some(percent) => format!("pulling the image, {percent} %"),
        None => "pulling the image".to_owned(),
    }
}
