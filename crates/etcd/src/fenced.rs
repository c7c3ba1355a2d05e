//! Transactions of control that are carried out only for the record that etcd belongs to, under its present term. Knows no values.

use std::fmt;

use control::ports::coordination::CoordinationError;
use etcd_client::{Compare, CompareOp, Txn, TxnOp};
use uuid::Uuid;

use crate::{
    assignment_publisher::{MOST_ATTEMPTS, found},
    batch::{MOST_OPERATIONS, batches},
    etcd::Etcd,
    record::Stored,
};

/// What control writes under, and what it has met instead.
#[derive(Debug, Default)]
pub(crate) struct Epoch {
    /// Unset where nothing is fenced by it.
    ours: Option<Claim>,
    /// Another record's claim gives way to ours; until ours stands.
    over_another: bool,
    met: Option<Conflict>,
}

/// The process that writes, as it stands in etcd: `<term> <record> <process>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Claim {
    term: u64,
    record: Uuid,
    /// Two copies of one record may come to the same term; then this tells their processes apart.
    process: Uuid,
}

/// Why this process may not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The same record is known under this term, which is not this process's: another process serves it by now, or the record
    /// is an older copy of itself.
    Term(u64),
    /// etcd belongs to another record of the same installation.
    AnotherRecord,
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:020} {} {}", self.term, self.record, self.process)
    }
}

impl Claim {
    /// `None` when control writes no such thing. An earlier Docklet wrote the term alone.
    fn read(stored: &Stored) -> Option<Self> {
        let mut words = std::str::from_utf8(&stored.value).ok()?.split(' ');
        let term = words.next()?.parse().ok()?;
        let (record, process) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self { term, record, process })
    }
}

/// What became of a transaction.
#[derive(Debug)]
pub(crate) enum Fenced {
    Done,
    /// Something compared was not so; this is what its reads found.
    Refused(Vec<Stored>),
}

impl Etcd {
    /// From now on this connection writes under this term of this record, and nothing once etcd has heard of a later one or
    /// belongs to another record. An etcd that knows an older term, or none, is told by the first write. With `over_another`,
    /// also one that belongs to another record.
    pub fn write_under(&self, record: Uuid, term: u64, over_another: bool) {
        let mut epoch = self.epoch.lock();
        let process = epoch.ours.map_or_else(Uuid::new_v4, |ours| ours.process);
        *epoch = Epoch { ours: Some(Claim { term, record, process }), over_another, met: None };
    }

    /// Writes nothing but whose etcd this is. `None` when it is this connection's.
    pub async fn claim(&self) -> Result<Option<Conflict>, CoordinationError> {
        match self.fenced(&[], &[], &[]).await {
            Ok(_) => Ok(None),
            Err(CoordinationError::Superseded) => Ok(self.conflict()),
            Err(error) => Err(error),
        }
    }

    /// Why this connection's writes are refused, if one was.
    pub fn conflict(&self) -> Option<Conflict> {
        self.epoch.lock().met
    }

    /// `when` with the epoch, then `then`; else the reads of `or_else`.
    pub(crate) async fn fenced(
        &self,
        when: &[Compare],
        then: &[TxnOp],
        or_else: &[TxnOp],
    ) -> Result<Fenced, CoordinationError> {
        let key = self.keys.epoch();
        for _ in 0..MOST_ATTEMPTS {
            let ours = self.epoch.lock().ours;
            let (mut when, mut or_else) = (when.to_vec(), or_else.to_vec());
            if let Some(ours) = ours {
                when.push(Compare::value(key.as_str(), CompareOp::Equal, ours.to_string()));
                or_else.push(TxnOp::get(key.as_str(), None));
            }
            let txn = &Txn::new().when(when).and_then(then.to_vec()).or_else(or_else);
            let answer = self.link.call(|mut client| async move { client.txn(txn.clone()).await }).await?;
            if answer.succeeded() {
                self.epoch.lock().over_another = false;
                return Ok(Fenced::Done);
            }
            let (epoch, there): (Vec<_>, Vec<_>) =
                found(answer.op_responses()).into_iter().partition(|stored| stored.key == key);
            let Some(ours) = ours else { return Ok(Fenced::Refused(there)) };
            if self.epoch.lock().ours != Some(ours) {
                // Ours has been raised while this was on its way: it says nothing about the present one.
                continue;
            }
            let epoch = epoch.first();
            let claim = epoch.and_then(Claim::read);
            if claim == Some(ours) {
                return Ok(Fenced::Refused(there));
            }
            if let Some(conflict) = claim.and_then(|claim| self.conflict_with(&ours, &claim)) {
                self.epoch.lock().met = Some(conflict);
                return Err(CoordinationError::Superseded);
            }
            self.raise(&key, &ours, epoch.map_or(0, |epoch| epoch.mod_revision)).await?;
        }
        Err(CoordinationError::Unavailable("the epoch keeps changing".into()))
    }

    /// An earlier term of our record gives way; the same term under another process's name does not, for it serves a copy.
    fn conflict_with(&self, ours: &Claim, theirs: &Claim) -> Option<Conflict> {
        if theirs.record != ours.record {
            return (!self.epoch.lock().over_another).then_some(Conflict::AnotherRecord);
        }
        (theirs.term >= ours.term).then_some(Conflict::Term(theirs.term))
    }

    /// Unless it has changed since this revision.
    async fn raise(&self, key: &str, ours: &Claim, since: i64) -> Result<(), CoordinationError> {
        let unchanged = Compare::mod_revision(key, CompareOp::Equal, since);
        let txn = &Txn::new().when([unchanged]).and_then([TxnOp::put(key, ours.to_string(), None)]);
        self.link.call(|mut client| async move { client.txn(txn.clone()).await.map(drop) }).await
    }

    pub(crate) async fn carry_out_fenced(&self, operations: Vec<TxnOp>) -> Result<(), CoordinationError> {
        for batch in batches(operations, MOST_OPERATIONS, |_| ()) {
            self.fenced(&[], &batch, &[]).await?;
        }
        Ok(())
    }
}
