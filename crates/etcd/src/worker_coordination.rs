//! A worker's side of coordination.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use control::ports::coordination::{
    AssignmentEvent, CoordinationError, Orphan, Report, WorkerCoordination, WorkerInfo,
};
use domain::{InstanceId, name::WorkerName};
use etcd_client::{Compare, CompareOp, Txn, TxnOp};
use futures::stream::BoxStream;
use uuid::Uuid;

use crate::{
    assignment_publisher::{MOST_ATTEMPTS, found},
    batch::{MOST_OPERATIONS, batches},
    etcd::Etcd,
    keys::Place,
    record::{self, Stored},
    watch::{self, assignments::Assignments},
};

/// In one transaction. A reason may be some KiB long, and etcd takes 1.5 MiB at a time.
const MOST_REPORTS: usize = 64;
/// Of how many reports the last write is remembered.
const MOST_REMEMBERED: usize = 10_000;

#[async_trait]
impl WorkerCoordination for Etcd {
    async fn announce(&self, info: &WorkerInfo) -> Result<(), CoordinationError> {
        self.keep_present(info).await
    }

    async fn watch_assignments(
        &self,
        worker: &WorkerName,
    ) -> Result<BoxStream<'static, Result<AssignmentEvent, CoordinationError>>, CoordinationError> {
        let (key, name) = (self.keys.watch(worker), Uuid::new_v4().to_string());
        let (key, value) = (key.as_str(), name.as_str());
        // Before anything is read: control writes the name back once it has published everything anew.
        self.link.call(|mut client| async move { client.put(key, value, None).await.map(drop) }).await?;
        watch::begin(self, Assignments::new(self.keys.clone(), worker.clone(), name)).await
    }

    async fn last_reports(&self, worker: &WorkerName) -> Result<Vec<Report>, CoordinationError> {
        let (stored, _) = self.list(&[self.keys.reports_of(worker)]).await?;
        let read = stored.iter().filter_map(|stored| {
            let report = record::read::<Report>(stored, self.keys.place(&stored.key).as_ref());
            report.map_err(|error| self.unreadables.tell(stored, &error)).ok()
        });
        Ok(read.collect())
    }

    async fn report(&self, reports: &[Report]) -> Result<(), CoordinationError> {
        // Of two reports about one node the later one counts, and one transaction may not write a key twice.
        let mut latest = BTreeMap::new();
        for report in reports {
            let key = self.keys.report(&report.worker, report.instance);
            let value = record::write(&key, report)?;
            latest.insert(key, value);
        }
        for batch in batches(latest.into_iter().collect(), MOST_REPORTS, |_| ()) {
            self.put_in_order(&batch).await?;
        }
        Ok(())
    }

    async fn ask(&self, orphans: &[Orphan]) -> Result<(), CoordinationError> {
        let mut puts = Vec::with_capacity(orphans.len());
        for orphan in orphans {
            let key = self.keys.orphan(&orphan.worker, orphan.instance);
            let value = record::write(&key, orphan)?;
            puts.push(TxnOp::put(key, value, None));
        }
        self.carry_out(puts).await
    }

    async fn asked(&self, worker: &WorkerName) -> Result<Vec<InstanceId>, CoordinationError> {
        let (stored, _) = self.list(&[self.keys.orphans_of(worker)]).await?;
        let node = |stored: &Stored| match self.keys.place(&stored.key) {
            Some(Place::Orphan(_, node)) => Some(node),
            _ => None,
        };
        Ok(stored.iter().filter_map(node).collect())
    }

    async fn stop_asking(&self, worker: &WorkerName, nodes: &[InstanceId]) -> Result<(), CoordinationError> {
        let deletes = nodes.iter().map(|node| TxnOp::delete(self.keys.orphan(worker, *node), None));
        self.carry_out(deletes.collect()).await
    }
}

impl Etcd {
    async fn carry_out(&self, operations: Vec<TxnOp>) -> Result<(), CoordinationError> {
        for batch in batches(operations, MOST_OPERATIONS, |_| ()) {
            let txn = &Txn::new().and_then(batch);
            self.link.call(|mut client| async move { client.txn(txn.clone()).await.map(drop) }).await?;
        }
        Ok(())
    }

    /// Each value replaces the one that this process has written or read last, and no later one: a write that timed out and
    /// lands behind its successor is refused by etcd itself.
    async fn put_in_order(&self, batch: &[(String, Vec<u8>)]) -> Result<(), CoordinationError> {
        for _ in 0..MOST_ATTEMPTS {
            let txn = &in_order(batch, &self.written.lock());
            let answer = self.link.call(|mut client| async move { client.txn(txn.clone()).await }).await?;
            let mut written = self.written.lock();
            if written.len() > MOST_REMEMBERED {
                // Of nodes that are gone, most of them; for the others the next write reads first.
                written.clear();
            }
            if answer.succeeded() {
                let revision = answer.header().map(etcd_client::ResponseHeader::revision).unwrap_or_default();
                written.extend(batch.iter().map(|(key, _)| (key.clone(), revision)));
                return Ok(());
            }
            for (key, _) in batch {
                written.remove(key);
            }
            written.extend(found(answer.op_responses()).into_iter().map(|stored| (stored.key, stored.mod_revision)));
        }
        Err(CoordinationError::Unavailable("the reports keep changing while they are written".into()))
    }
}

/// Writes the batch if each of its keys is as it was written last, else reads what is there.
fn in_order(batch: &[(String, Vec<u8>)], written: &HashMap<String, i64>) -> Txn {
    let revision = |key: &String| written.get(key).copied().unwrap_or_default();
    let unchanged = batch.iter().map(|(key, _)| Compare::mod_revision(key.as_str(), CompareOp::Equal, revision(key)));
    let puts = batch.iter().map(|(key, value)| TxnOp::put(key.as_str(), value.as_slice(), None));
    let gets = batch.iter().map(|(key, _)| TxnOp::get(key.as_str(), None));
    let (unchanged, puts): (Vec<_>, Vec<_>) = (unchanged.collect(), puts.collect());
    Txn::new().when(unchanged).and_then(puts).or_else(gets.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use etcd_client::{Channel, Client};
    use testkit::RealEtcd;

    use super::*;

    /// It timed out on its way to one member, and was repeated and followed by another at the next.
    #[tokio::test]
    async fn a_report_that_arrives_behind_its_successor_does_not_replace_it() {
        let etcd = RealEtcd::start().await;
        let endpoint = tonic::transport::Endpoint::from_shared(etcd.process().endpoint()).expect("an endpoint");
        let client = Client::from_channel(Channel::Tonic(endpoint.connect_lazy()), None).await.expect("a client");
        let batch = |text: &str| [("report".to_owned(), text.as_bytes().to_vec())];
        let send = |txn: Txn| {
            let mut client = client.clone();
            async move { client.txn(txn).await.expect("etcd answers") }
        };
        let written = HashMap::new();
        let late = in_order(&batch("the earlier one"), &written);
        assert!(send(in_order(&batch("the later one"), &written)).await.succeeded());
        let answer = send(late).await;
        assert!(!answer.succeeded());
        assert_eq!(found(answer.op_responses()).remove(0).value, b"the later one");
    }
}
