//! Control's side of coordination.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use control::ports::coordination::{Assignment, CoordinationError, Dispatch, ReportEvent};
use domain::{NodeId, name::WorkerName};
use etcd_client::{Compare, CompareOp, Txn, TxnOp, TxnOpResponse};
use futures::stream::BoxStream;
use uuid::Uuid;

use crate::{
    batch::{MOST_OPERATIONS, batches},
    etcd::Etcd,
    keys::Place,
    publication::{Publication, Verdict, publications, verdict},
    record::Stored,
    watch::{self, reports::Reports},
};

/// How often a batch is decided anew because its keys have changed meanwhile.
const MOST_ATTEMPTS: u32 = 8;

#[async_trait]
impl Dispatch for Etcd {
    async fn assign(&self, assignments: &[Assignment]) -> Result<(), CoordinationError> {
        for batch in publications(&self.keys, assignments)? {
            // Most assignments are new: assume so, and learn better from the transaction's refusal.
            self.publish(&batch, HashMap::new()).await?;
        }
        Ok(())
    }

    async fn withdraw(&self, nodes: &[(WorkerName, NodeId)]) -> Result<(), CoordinationError> {
        let places: BTreeSet<_> = nodes.iter().cloned().collect();
        let keys = places
            .iter()
            .flat_map(|(worker, node)| [self.keys.assignment(worker, *node), self.keys.report(worker, *node)]);
        self.delete(keys.collect()).await
    }

    async fn assign_all(&self, assignments: &[Assignment]) -> Result<(), CoordinationError> {
        let round = self.open_round().await?;
        let (there, _) = self.list(&[self.keys.assignments()]).await?;
        let mut seen: HashMap<String, Stored> = there.into_iter().map(|stored| (stored.key.clone(), stored)).collect();
        for batch in publications(&self.keys, assignments)? {
            let known = batch.iter().filter_map(|publication| seen.remove_entry(&publication.key)).collect();
            self.publish(&batch, known).await?;
        }
        let wanted: BTreeSet<NodeId> = assignments.iter().map(|assignment| assignment.node).collect();
        let (reports, _) = self.list(&[self.keys.reports()]).await?;
        let of_nobody = reports.into_iter().map(|stored| stored.key).filter(|key| match self.keys.place(key) {
            Some(Place::Report(_, node)) => !wanted.contains(&node),
            _ => true,
        });
        self.delete(seen.into_keys().chain(of_nobody).collect()).await?;
        self.close_round(round).await
    }

    async fn watch_reports(
        &self,
    ) -> Result<BoxStream<'static, Result<ReportEvent, CoordinationError>>, CoordinationError> {
        watch::begin(self, Reports::new(self.keys.clone())).await
    }

    async fn ping(&self) -> Result<(), CoordinationError> {
        let key = &self.keys.complete();
        // A read that needs a majority of the cluster.
        self.link.call(|mut client| async move { client.get(key.as_str(), None).await.map(drop) }).await
    }
}

/// Publishing everything takes many transactions. Should etcd lose everything between two of them, the last one must not
/// say that all is there; so it is tied to what the first one saw or wrote.
#[derive(Debug)]
enum Round {
    /// It was complete already, since this revision.
    Again { since: i64 },
    /// This mark was written.
    First { mark: String },
}

impl Etcd {
    async fn open_round(&self) -> Result<Round, CoordinationError> {
        let (complete, mark) = (self.keys.complete(), Uuid::new_v4().to_string());
        let txn = &Txn::new()
            .when([Compare::create_revision(complete.as_str(), CompareOp::Equal, 0)])
            .and_then([TxnOp::put(self.keys.publishing(), mark.as_str(), None)])
            .or_else([TxnOp::get(complete, None)]);
        let answer = self.link.call(|mut client| async move { client.txn(txn.clone()).await }).await?;
        if answer.succeeded() {
            return Ok(Round::First { mark });
        }
        match found(answer.op_responses()).first() {
            Some(complete) => Ok(Round::Again { since: complete.mod_revision }),
            None => Err(CoordinationError::Unavailable("etcd answered a transaction with nothing".into())),
        }
    }

    async fn close_round(&self, round: Round) -> Result<(), CoordinationError> {
        let (complete, publishing) = (self.keys.complete(), self.keys.publishing());
        let txn = match round {
            Round::Again { since } => Txn::new().when([Compare::mod_revision(complete, CompareOp::Equal, since)]),
            Round::First { mark } => Txn::new()
                .when([Compare::value(publishing.as_str(), CompareOp::Equal, mark)])
                .and_then([TxnOp::put(complete, "true", None), TxnOp::delete(publishing, None)]),
        };
        let txn = &txn;
        let answer = self.link.call(|mut client| async move { client.txn(txn.clone()).await }).await?;
        if answer.succeeded() {
            return Ok(());
        }
        let fault =
            "etcd lost what it held, or somebody else published everything at the same time; publish everything again";
        Err(CoordinationError::Unavailable(fault.into()))
    }

    /// Writes one batch in one transaction, as far as nothing newer is there. `seen` is what is believed to be there.
    async fn publish(&self, batch: &[Publication], mut seen: HashMap<String, Stored>) -> Result<(), CoordinationError> {
        for _ in 0..MOST_ATTEMPTS {
            let write: Vec<&Publication> = batch.iter().filter(|publication| self.is_due(publication, &seen)).collect();
            if write.is_empty() {
                return Ok(());
            }
            let unchanged = write.iter().map(|publication| {
                let revision = seen.get(&publication.key).map_or(0, |stored| stored.mod_revision);
                Compare::mod_revision(publication.key.as_str(), CompareOp::Equal, revision)
            });
            let puts = write
                .iter()
                .map(|publication| TxnOp::put(publication.key.as_str(), publication.value.as_slice(), None));
            let gets = batch.iter().map(|publication| TxnOp::get(publication.key.as_str(), None));
            let txn = &Txn::new()
                .when(unchanged.collect::<Vec<_>>())
                .and_then(puts.collect::<Vec<_>>())
                .or_else(gets.collect::<Vec<_>>());
            let answer = self.link.call(|mut client| async move { client.txn(txn.clone()).await }).await?;
            if answer.succeeded() {
                return Ok(());
            }
            seen = found(answer.op_responses()).into_iter().map(|stored| (stored.key.clone(), stored)).collect();
        }
        Err(CoordinationError::Unavailable("the assignments keep changing while they are written".into()))
    }

    fn is_due(&self, publication: &Publication, seen: &HashMap<String, Stored>) -> bool {
        match verdict(publication, seen.get(&publication.key)) {
            Verdict::Write => true,
            Verdict::Same => false,
            Verdict::Stale { newer } => {
                let Assignment { node, generation, .. } = publication.assignment;
                tracing::info!(%node, generation = generation.0, newer = newer.0, "a newer order is published already");
                false
            }
        }
    }

    async fn delete(&self, keys: Vec<String>) -> Result<(), CoordinationError> {
        for batch in batches(keys, MOST_OPERATIONS, |_| ()) {
            let deletes: Vec<TxnOp> = batch.into_iter().map(|key| TxnOp::delete(key, None)).collect();
            let txn = &Txn::new().and_then(deletes);
            self.link.call(|mut client| async move { client.txn(txn.clone()).await.map(drop) }).await?;
        }
        Ok(())
    }
}

/// What the reads of a transaction found.
fn found(answers: Vec<TxnOpResponse>) -> Vec<Stored> {
    let gets = answers.into_iter().filter_map(|answer| match answer {
        TxnOpResponse::Get(get) => Some(get),
        _ => None,
    });
    gets.flat_map(|get| get.kvs().iter().map(Stored::from).collect::<Vec<_>>()).collect()
}
