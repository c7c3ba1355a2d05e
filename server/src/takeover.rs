//! Noticing that this process may not write any more, and why: another one serves the record, or etcd is another record's.
//! Refuses no write: the record and etcd do that by themselves.

use std::time::Duration;

use anyhow::{Error, Result, anyhow, bail};
use etcd::{Conflict, Etcd};
use store::{Serving, SqlStore};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);
/// How long an etcd that does not answer is waited for. Whose it is, every write asks, too.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where etcd is another record's.
const ANOTHER_RECORD: &str = "etcd belongs to another record of this installation: two records under one cluster secret (or \
     one copied file `installation`) would undo each other's orders. Serve the other record (database.path, database.url), or \
     give this one a secret and an etcd of its own. If the other record is gone for good, start this one once with --takeover";

/// Writes under the record's name and term from now on. Refused where etcd belongs to another record, unless this process
/// takes over, or the etcd is its own.
pub(crate) async fn claim(etcd: &Etcd, serving: &Serving, over_another: bool) -> Result<()> {
    etcd.write_under(serving.record(), serving.term(), over_another);
    match tokio::time::timeout(PATIENCE, etcd.claim()).await {
        Ok(Ok(Some(Conflict::AnotherRecord))) => bail!(ANOTHER_RECORD),
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "etcd cannot be asked yet whose it is"),
        Err(_) => tracing::warn!("etcd does not say yet whose it is"),
    }
    Ok(())
}

/// `None` also while etcd does not answer.
async fn asked(etcd: &Etcd) -> Option<Conflict> {
    match tokio::time::timeout(PATIENCE, etcd.claim()).await {
        Ok(Ok(conflict)) => conflict,
        Ok(Err(_)) | Err(_) => etcd.conflict(),
    }
}

/// Every write compares by itself; this is to end, and to say why, also when there is nothing to write.
///
/// A record that was restored from a backup has a term that etcd knows already, although this process serves it. Its term
/// goes above that one, once: a second one is another process's.
pub(crate) async fn until_superseded(database: &SqlStore, etcd: &Etcd, serving: &Serving) -> Error {
    let mut raised = false;
    loop {
        tokio::time::sleep(EVERY).await;
        match database.superseded().await {
            Ok(Some(_)) => {
                return anyhow!(
                    "another dockletd has taken over the record (serve --takeover); this one has written nothing since, and ends"
                );
            }
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(%error, "the record's term cannot be looked at");
                continue;
            }
        }
        let known = match asked(etcd).await {
            None => continue,
            Some(Conflict::AnotherRecord) => return anyhow!(ANOTHER_RECORD),
            Some(Conflict::Term(_)) if raised => {
                return anyhow!(
                    "another dockletd serves a copy of this record on the same etcd; this one ends. Keep one of the two \
                     databases, and serve that one"
                );
            }
            Some(Conflict::Term(known)) => known,
        };
        match database.raise_above(known).await {
            Ok(term) => {
                raised = true;
                etcd.write_under(serving.record(), term, false);
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
