//! Noticing that another process serves the record by now. Refuses no write: the record does that by itself.

use std::time::Duration;

use store::SqlStore;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// Every write compares the term by itself; this is to end, and to say why, also when there is nothing to write.
pub(crate) async fn until_superseded(database: &SqlStore) {
    loop {
        tokio::time::sleep(EVERY).await;
        match database.superseded().await {
            Ok(Some(theirs)) => {
                tracing::error!(term = theirs, "another dockletd has taken over the record; this one ends");
                return;
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "the record's term cannot be looked at"),
        }
    }
}
