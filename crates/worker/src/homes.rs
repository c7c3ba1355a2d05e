//! Users' home volumes: made when the first node of theirs comes, and kept for ever.

use std::{collections::HashMap, sync::Arc};

use control::ports::engine::{EngineError, VolumeSpec};
use domain::UserId;
use parking_lot::Mutex;
use tokio::sync::OnceCell;

use crate::{host::Host, names};

/// The homes that are known to be there.
#[derive(Debug, Default)]
pub(crate) struct Homes(Mutex<HashMap<UserId, Arc<OnceCell<()>>>>);

impl Homes {
    /// Asks the engine once per owner; nodes of the same owner wait for the first one's answer.
    pub(crate) async fn ensure(&self, host: &Host, owner: UserId) -> Result<(), EngineError> {
        let home = Arc::clone(self.0.lock().entry(owner).or_default());
        home.get_or_try_init(|| async {
            let spec = VolumeSpec { name: names::home_name(owner), installation: host.config.installation, owner };
            host.engine.ensure_volume(&spec).await
        })
        .await
        .copied()
    }

    /// The engine was away: somebody may have taken some away.
    pub(crate) fn forget(&self) {
        self.0.lock().clear();
    }
}
