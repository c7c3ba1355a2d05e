//! How many vclusters are in which state, for /metrics. The states follow from the whole record, so counting reads all
//! of it: that is done once for all requests within a while, however many they are.

use std::{collections::HashMap, sync::Arc, time::Duration};

use control::ports::store::{Store, StoreError};
use domain::vcluster::VclusterState;
use tokio::{sync::Mutex, time::Instant};

/// Scrapers ask every 15 s or so; several of them, and people with curl, share one count.
const GOOD_FOR: Duration = Duration::from_secs(10);

pub type Counts = Arc<HashMap<VclusterState, u32>>;

/// Cheap to clone; all clones share the count.
#[derive(Clone)]
pub struct Census {
    store: Arc<dyn Store>,
    /// Held while counting, so that requests meanwhile wait for the same count.
    last: Arc<Mutex<Option<(Instant, Counts)>>>,
}

impl std::fmt::Debug for Census {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Census").finish_non_exhaustive()
    }
}

impl Census {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, last: Arc::default() }
    }

    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let mut last = self.last.lock().await;
        if let Some((when, counts)) = &*last
            && when.elapsed() < GOOD_FOR
        {
            return Ok(counts.clone());
        }
        let mut counts = HashMap::new();
        for vcluster in self.store.all_vclusters().await?.vclusters {
            *counts.entry(vcluster.state()).or_default() += 1;
        }
        let counts = Arc::new(counts);
        *last = Some((Instant::now(), counts.clone()));
        Ok(counts)
    }
}
