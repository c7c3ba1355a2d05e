//! A worker's side of coordination.

use std::collections::BTreeMap;

use async_trait::async_trait;
use control::ports::coordination::{AssignmentEvent, CoordinationError, Duty, Report, WorkerInfo};
use domain::name::WorkerName;
use etcd_client::{Txn, TxnOp};
use futures::stream::BoxStream;

use crate::{
    batch::batches,
    etcd::Etcd,
    record,
    watch::{self, assignments::Assignments},
};

/// In one transaction. A reason may be some KiB long, and etcd takes 1.5 MiB at a time.
const MOST_REPORTS: usize = 64;

#[async_trait]
impl Duty for Etcd {
    async fn announce(&self, info: &WorkerInfo) -> Result<(), CoordinationError> {
        self.keep_present(info).await
    }

    async fn watch_assignments(
        &self,
        worker: &WorkerName,
    ) -> Result<BoxStream<'static, Result<AssignmentEvent, CoordinationError>>, CoordinationError> {
        watch::begin(self, Assignments::new(self.keys.clone(), worker.clone())).await
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
            let key = self.keys.report(&report.worker, report.node);
            let value = record::write(&key, report)?;
            latest.insert(key, value);
        }
        for batch in batches(latest.into_iter().collect(), MOST_REPORTS, |_| ()) {
            let puts: Vec<TxnOp> = batch.into_iter().map(|(key, value)| TxnOp::put(key, value, None)).collect();
            let txn = &Txn::new().and_then(puts);
            self.link.call(|mut client| async move { client.txn(txn.clone()).await.map(drop) }).await?;
        }
        Ok(())
    }
}
