//! Users' home volumes: made when the first node of theirs comes, and kept for ever. One that is known and not there is
//! missed, never replaced: an empty home in its place would look like the loss of everything in it.

use control::ports::{
    coordination::Assignment,
    engine::{EngineError, VolumeSpec},
};

use crate::{host::Host, names};

/// Before a container is made: the engine makes a volume that is missing then, without a word. Nodes of one owner may come
/// at the same time; making a home that is there changes nothing.
pub(crate) async fn ensure(host: &Host, order: &Assignment) -> Result<(), EngineError> {
    let owner = order.owner;
    let home = VolumeSpec { name: names::home_name(owner), installation: host.config.installation, owner };
    if host.engine.has_volume(&home).await? {
        return Ok(());
    }
    if order.has_home {
        tracing::error!(%owner, volume = home.name, "a home in the record is not on this host any more");
        return Err(EngineError::HomeMissing(home.name));
    }
    host.engine.create_volume(&home).await
}
