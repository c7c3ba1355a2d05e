//! The images this worker has pulled: which of them an order may use, and when an unused one is removed. Images that
//! came to the engine in another way are never removed, and used only where control says so.

mod record;

use std::{collections::BTreeSet, io, path::Path, sync::Arc, time::Duration};

use control::ports::engine::EngineError;
use domain::image::ImageRef;
use parking_lot::Mutex;
use rustix::fs::statvfs;

use self::record::{Pulled, Record};
use crate::host::Host;

/// The first look: by then every assignment is known.
const FIRST_LOOK: Duration = Duration::from_secs(60);

/// What this worker has pulled.
#[derive(Debug)]
pub(crate) struct Images(Mutex<Record>);

impl Images {
    /// What is on record in the data directory.
    pub(crate) fn open(data_dir: &Path) -> Self {
        Self(Mutex::new(Record::open(data_dir)))
    }

    /// Whether what the engine has under this name now is what this worker has pulled under it.
    pub(crate) async fn came_through_us(&self, host: &Host, image: &ImageRef) -> Result<bool, EngineError> {
        let name = image.with_tag();
        if !self.0.lock().knows(&name) {
            return Ok(false);
        }
        let id = host.engine.image_id(&name).await?;
        Ok(id.is_some_and(|id| self.0.lock().has(&name, &id)))
    }

    /// A pull has ended. `before` is what the engine had under the name when it began: that is not ours to remove.
    pub(crate) fn pulled(&self, host: &Host, image: &ImageRef, before: Option<&str>, id: String) {
        let ours = before != Some(id.as_str());
        let pulled = Pulled { name: image.with_tag(), id, ours, last_used: host.now() };
        self.change(|record| record.add(pulled));
    }

    /// What cannot be written is known until the worker ends: an image is then pulled once more, and kept for ever.
    fn change(&self, change: impl FnOnce(&mut Record)) {
        let mut record = self.0.lock();
        change(&mut record);
        if let Err(error) = record.save() {
            tracing::error!(%error, "what images were pulled cannot be written down");
        }
    }
}

/// Removes unused images now and then. Never ends by itself.
pub(crate) async fn run(host: Arc<Host>) {
    let every = host.config.images.look_every;
    let mut pause = FIRST_LOOK.min(every);
    loop {
        tokio::time::sleep(pause).await;
        pause = every;
        // Until every assignment is known, an image that seems unused may be in the record.
        if host.instances.is_complete()
            && let Err(error) = collect(&host).await
        {
            tracing::warn!(%error, "unused images cannot be looked for");
        }
    }
}

async fn collect(host: &Host) -> Result<(), EngineError> {
    let present = Present { ids: host.engine.images_in_use().await?, named: host.instances.images() };
    let now = host.now();
    let is_used = |pulled: &Pulled| present.uses(host, pulled);
    host.images.change(|record| record.touch(is_used, now));
    let unused = host.images.0.lock().unused(is_used);
    for pulled in unused {
        let age = (now - pulled.last_used).to_std().unwrap_or_default();
        let reason = match room(host).await {
            _ if age > host.config.images.keep => "nobody has used it for long",
            Some(free) if free < host.config.images.min_free => "the disk is nearly full",
            // The rest was used later.
            _ => break,
        };
        remove(host, &pulled, reason).await?;
    }
    Ok(())
}

/// What uses images at one moment.
struct Present {
    /// Of all containers on the engine, ours or not.
    ids: BTreeSet<String>,
    /// In orders to this worker: every vcluster with a node here.
    named: Vec<ImageRef>,
}

impl Present {
    fn uses(&self, host: &Host, pulled: &Pulled) -> bool {
        let is_it = |image: &ImageRef| image.with_tag() == pulled.name;
        self.ids.contains(&pulled.id) || is_it(&host.config.base_image) || self.named.iter().any(is_it)
    }
}

async fn remove(host: &Host, pulled: &Pulled, reason: &str) -> Result<(), EngineError> {
    let Pulled { name, id, .. } = pulled;
    // The name may lead to another image by now; then the old one has none.
    let is_named = host.engine.image_id(name).await?.as_ref() == Some(id);
    match host.engine.remove_image(if is_named { name } else { id }).await {
        Ok(()) => tracing::info!(image = name, id, reason, "an unused image is removed"),
        Err(EngineError::InUse(_)) => {
            tracing::info!(image = name, id, "an image has got other names or users, and is left to them");
        }
        Err(error) => return Err(error),
    }
    host.images.change(|record| record.forget(name, id));
    Ok(())
}

/// Percent of the engine's disk that are free; `None` where this process does not see it.
async fn room(host: &Host) -> Option<u32> {
    let root = host.presence.engine_root()?;
    match tokio::task::spawn_blocking(move || free(&root)).await {
        Ok(Ok(percent)) => percent,
        Ok(Err(error)) => {
            tracing::debug!(%error, "the engine's disk cannot be seen from here; images are removed by age alone");
            None
        }
        Err(error) => {
            tracing::error!(%error, "looking at the engine's disk has broken off");
            None
        }
    }
}

fn free(root: &Path) -> io::Result<Option<u32>> {
    let found = statvfs(root)?;
    let percent = found.f_bavail.saturating_mul(100).checked_div(found.f_blocks);
    Ok(percent.and_then(|percent| u32::try_from(percent).ok()))
}
