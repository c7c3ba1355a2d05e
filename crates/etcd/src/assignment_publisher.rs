//! Control's side of coordination. Every write compares what it was decided on, and the record's term.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use control::ports::coordination::{
    Answer, Assignment, AssignmentPublisher, CoordinationError, Newer, ReportEvent, Round, Subject,
};
use domain::{InstanceId, name::WorkerName, node::Generation};
use etcd_client::{Compare, CompareOp, Txn, TxnOp, TxnOpResponse};
use futures::stream::BoxStream;

use crate::{
    batch::{MOST_OPERATIONS, batches},
    etcd::Etcd,
    fenced::Fenced,
    keys::Place,
    publication::{Publication, Verdict, publications, verdict},
    record::{self, Stored},
    watch::{self, reports::Reports},
};

/// How often a batch is decided anew because its keys have changed meanwhile.
pub(crate) const MOST_ATTEMPTS: u32 = 8;

#[async_trait]
impl AssignmentPublisher for Etcd {
    async fn assign(&self, assignments: &[Assignment]) -> Result<Vec<Newer>, CoordinationError> {
        let mut newer = Vec::new();
        for batch in publications(&self.keys, assignments)? {
            // Most assignments are new: assume so, and learn better from the transaction's refusal.
            newer.extend(self.publish(&batch, HashMap::new()).await?);
        }
        Ok(newer)
    }

    async fn withdraw(&self, nodes: &[(WorkerName, InstanceId, Generation)]) -> Result<(), CoordinationError> {
        let mut known: HashMap<InstanceId, Generation> = HashMap::new();
        let mut keys = BTreeSet::new();
        for (worker, node, generation) in nodes {
            known.insert(*node, *generation);
            keys.extend([self.keys.assignment(worker, *node), self.keys.report(worker, *node)]);
        }
        let mut there = Vec::new();
        for batch in batches(keys.into_iter().collect(), MOST_OPERATIONS, |_| ()) {
            there.extend(self.read(batch).await?);
        }
        let stays = |stored: &Stored| match self.keys.place(&stored.key) {
            Some(place @ Place::Assignment(_, node)) => record::read::<Assignment>(stored, Some(&place))
                .is_ok_and(|there| known.get(&node).is_some_and(|generation| there.generation > *generation)),
            _ => false,
        };
        there.retain(|stored| !stays(stored));
        self.delete_unchanged(there.into_iter().map(|stored| (stored.key, stored.mod_revision)).collect()).await
    }

    async fn open_round(&self) -> Result<Round, CoordinationError> {
        let ranges = [self.keys.assignments(), self.keys.reports(), self.keys.watches()];
        let (listed, _) = self.list(&ranges).await?;
        let mut round = Round::default();
        for stored in listed {
            match self.keys.place(&stored.key) {
                Some(Place::Watch(worker)) => {
                    round.asked.push((worker, String::from_utf8_lossy(&stored.value).into_owned()));
                }
                _ => round.keys.push((stored.key, stored.mod_revision, stored.value)),
            }
        }
        Ok(round)
    }

    async fn close_round(
        &self,
        round: Round,
        assignments: &[Assignment],
        spared: &BTreeSet<Subject>,
    ) -> Result<Vec<Newer>, CoordinationError> {
        let Round { keys, asked } = round;
        let stored = |(key, mod_revision, value)| Stored { key, value, mod_revision };
        let mut seen: HashMap<String, Stored> =
            keys.into_iter().map(stored).map(|stored| (stored.key.clone(), stored)).collect();
        let mut newer = Vec::new();
        for batch in publications(&self.keys, assignments)? {
            let known = batch.iter().filter_map(|publication| seen.remove_entry(&publication.key)).collect();
            newer.extend(self.publish(&batch, known).await?);
        }
        let spared = self.nodes_of(&seen, spared);
        let wanted: BTreeSet<InstanceId> = assignments.iter().map(|assignment| assignment.instance).collect();
        let surplus = seen.into_values().filter(|stored| match self.keys.place(&stored.key) {
            Some(Place::Assignment(_, node)) => !spared.contains(&node),
            Some(Place::Report(_, node)) => !spared.contains(&node) && !wanted.contains(&node),
            _ => true,
        });
        self.delete_unchanged(surplus.map(|stored| (stored.key, stored.mod_revision)).collect()).await?;
        for (worker, watch) in asked {
            self.mark_complete(&worker, &watch).await?;
        }
        Ok(newer)
    }

    async fn answer(&self, answers: &[Answer]) -> Result<(), CoordinationError> {
        let mut puts = Vec::with_capacity(answers.len());
        for answer in answers {
            let key = self.keys.answer(&answer.worker, answer.instance);
            let value = record::write(&key, answer)?;
            puts.push(TxnOp::put(key, value, None));
        }
        self.carry_out_fenced(puts).await
    }

    async fn take_back(&self, nodes: &[(WorkerName, InstanceId)]) -> Result<(), CoordinationError> {
        let delete = |(worker, node): &(WorkerName, InstanceId)| TxnOp::delete(self.keys.answer(worker, *node), None);
        self.carry_out_fenced(nodes.iter().map(delete).collect()).await
    }

    async fn watch_reports(
        &self,
    ) -> Result<BoxStream<'static, Result<ReportEvent, CoordinationError>>, CoordinationError> {
        watch::begin(self, Reports::new(self.keys.clone())).await
    }

    async fn ping(&self) -> Result<(), CoordinationError> {
        let key = &self.keys.epoch();
        // A read that needs a majority of the cluster.
        self.link.call(|mut client| async move { client.get(key.as_str(), None).await.map(drop) }).await
    }
}

impl Etcd {
    /// Nodes with an assignment that belongs to one of these subjects.
    fn nodes_of(&self, seen: &HashMap<String, Stored>, subjects: &BTreeSet<Subject>) -> BTreeSet<InstanceId> {
        let assignments = seen.values().filter_map(|stored| match self.keys.place(&stored.key) {
            Some(place @ Place::Assignment(..)) => record::read::<Assignment>(stored, Some(&place)).ok(),
            _ => None,
        });
        assignments.filter(|there| subjects.contains(&there.subject())).map(|there| there.instance).collect()
    }

    /// Everything has been published since this watch began. Where etcd was emptied meanwhile the watch is not there any
    /// more, and what was published before may be gone; a worker that has begun another watch has asked again.
    async fn mark_complete(&self, worker: &WorkerName, watch: &str) -> Result<(), CoordinationError> {
        let (key, complete) = (self.keys.watch(worker), self.keys.complete(worker));
        let known = self.read(vec![complete.clone()]).await?;
        if known.first().is_some_and(|stored| stored.value == watch.as_bytes()) {
            return Ok(());
        }
        let is_there = Compare::value(key.as_str(), CompareOp::Equal, watch);
        let put = TxnOp::put(complete.as_str(), watch, None);
        match self.fenced(&[is_there], &[put], &[TxnOp::get(key.as_str(), None)]).await? {
            Fenced::Refused(there) if there.is_empty() => {
                Err(CoordinationError::Unavailable("etcd lost what it held; everything is published again".into()))
            }
            Fenced::Done | Fenced::Refused(_) => Ok(()),
        }
    }

    /// Writes one batch in one transaction, as far as nothing newer is there. `seen` is what is believed to be there.
    async fn publish(
        &self,
        batch: &[Publication],
        mut seen: HashMap<String, Stored>,
    ) -> Result<Vec<Newer>, CoordinationError> {
        for _ in 0..MOST_ATTEMPTS {
            let mut newer = Vec::new();
            let write: Vec<&Publication> =
                batch.iter().filter(|publication| is_due(publication, &seen, &mut newer)).collect();
            if write.is_empty() {
                return Ok(newer);
            }
            let unchanged = write.iter().map(|publication| {
                let revision = seen.get(&publication.key).map_or(0, |stored| stored.mod_revision);
                Compare::mod_revision(publication.key.as_str(), CompareOp::Equal, revision)
            });
            let puts = write
                .iter()
                .map(|publication| TxnOp::put(publication.key.as_str(), publication.value.as_slice(), None));
            let gets = batch.iter().map(|publication| TxnOp::get(publication.key.as_str(), None));
            let (unchanged, puts, gets): (Vec<_>, Vec<_>, Vec<_>) =
                (unchanged.collect(), puts.collect(), gets.collect());
            match self.fenced(&unchanged, &puts, &gets).await? {
                Fenced::Done => return Ok(newer),
                Fenced::Refused(there) => {
                    seen = there.into_iter().map(|stored| (stored.key.clone(), stored)).collect();
                }
            }
        }
        Err(CoordinationError::Unavailable("the assignments keep changing while they are written".into()))
    }

    /// Deletes keys that are as they were when they were read at this revision; what has changed since stays.
    async fn delete_unchanged(&self, keys: Vec<(String, i64)>) -> Result<(), CoordinationError> {
        for mut batch in batches(keys, MOST_OPERATIONS, |_| ()) {
            while !batch.is_empty() {
                let unchanged: Vec<_> = batch
                    .iter()
                    .map(|(key, revision)| Compare::mod_revision(key.as_str(), CompareOp::Equal, *revision))
                    .collect();
                let deletes: Vec<_> = batch.iter().map(|(key, _)| TxnOp::delete(key.as_str(), None)).collect();
                let gets: Vec<_> = batch.iter().map(|(key, _)| TxnOp::get(key.as_str(), None)).collect();
                let Fenced::Refused(there) = self.fenced(&unchanged, &deletes, &gets).await? else { break };
                batch.retain(|(key, revision)| {
                    there.iter().any(|stored| stored.key == *key && stored.mod_revision == *revision)
                });
            }
        }
        Ok(())
    }

    async fn read(&self, keys: Vec<String>) -> Result<Vec<Stored>, CoordinationError> {
        let gets: Vec<_> = keys.into_iter().map(|key| TxnOp::get(key, None)).collect();
        let txn = &Txn::new().and_then(gets);
        let answer = self.link.call(|mut client| async move { client.txn(txn.clone()).await }).await?;
        Ok(found(answer.op_responses()))
    }
}

fn is_due(publication: &Publication, seen: &HashMap<String, Stored>, newer: &mut Vec<Newer>) -> bool {
    match verdict(publication, seen.get(&publication.key)) {
        Verdict::Write => true,
        Verdict::Same => false,
        Verdict::Stale { generation, order } => {
            newer.push(Newer { instance: publication.assignment.instance, generation, order });
            false
        }
    }
}

/// What the reads of a transaction found.
pub(crate) fn found(answers: Vec<TxnOpResponse>) -> Vec<Stored> {
    let gets = answers.into_iter().filter_map(|answer| match answer {
        TxnOpResponse::Get(get) => Some(get),
        _ => None,
    });
    gets.flat_map(|get| get.kvs().iter().map(Stored::from).collect::<Vec<_>>()).collect()
}
