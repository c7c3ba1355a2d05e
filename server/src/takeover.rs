//! Noticing that another process serves the record by now, or that the record is an older copy of itself. Refuses no write:
//! the record and etcd do that by themselves.

use std::time::Duration;

use etcd::Etcd;
use store::SqlStore;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// Every write compares the term by itself; this is to end, and to say why, also when there is nothing to write.
///
/// A record that was restored from a backup has an earlier term than etcd, although this process serves it. Its term goes
/// above that one, once: a second later one is another process's.
pub(crate) async fn until_superseded(database: &SqlStore, etcd: &Etcd) {
    let mut raised = false;
    loop {
        tokio::time::sleep(EVERY).await;
        match database.superseded().await {
            Ok(Some(theirs)) => {
                tracing::error!(term = theirs, "another dockletd has taken over the record; this one ends");
                return;
            }
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(%error, "the record's term cannot be looked at");
                continue;
            }
        }
        let Some(known) = etcd.later_epoch() else { continue };
        if raised {
            tracing::error!(term = known, "another dockletd has taken over this installation's etcd; this one ends");
            return;
        }
        match database.raise_above(known).await {
            Ok(term) => {
                raised = true;
                etcd.write_under(term);
                tracing::warn!(
                    known,
                    term,
                    "the record is older than what etcd knows of it, as after a restore; its term is raised"
                );
            }
            Err(error) => tracing::warn!(%error, "the record's term cannot be raised above the one that etcd knows"),
        }
    }
}
