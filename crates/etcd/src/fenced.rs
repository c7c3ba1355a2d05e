//! Transactions of control that are carried out only under the record's present term. Knows no values.

use control::ports::coordination::CoordinationError;
use etcd_client::{Compare, CompareOp, Txn, TxnOp};

use crate::{
    batch::{MOST_OPERATIONS, batches},
    dispatch::{MOST_ATTEMPTS, found},
    etcd::Etcd,
    record::Stored,
};

/// The record's term as control knows it.
#[derive(Debug, Default)]
pub(crate) struct Epoch {
    /// What control writes under; unset where nothing is fenced by it.
    ours: Option<u64>,
    /// A later one that a write has met.
    later: Option<u64>,
}

/// As it stands in etcd.
fn text(term: u64) -> String {
    format!("{term:020}")
}

/// What stands there; `None` when control writes no such thing.
fn number(stored: &Stored) -> Option<u64> {
    std::str::from_utf8(&stored.value).ok()?.parse().ok()
}

/// What became of a transaction.
#[derive(Debug)]
pub(crate) enum Fenced {
    Done,
    /// Something compared was not so; this is what its reads found.
    Refused(Vec<Stored>),
}

impl Etcd {
    /// From now on this connection writes under this term of the record, and nothing once etcd has heard of a later one.
    /// An etcd that knows an older one, or none, is told by the first write.
    pub fn write_under(&self, term: u64) {
        *self.epoch.lock() = Epoch { ours: Some(term), later: None };
    }

    /// A later term than the one this connection writes under, if a write has met one: another process serves the record by
    /// now, or the record is an older copy of itself.
    pub fn later_epoch(&self) -> Option<u64> {
        self.epoch.lock().later
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
                when.push(Compare::value(key.as_str(), CompareOp::Equal, text(ours)));
                or_else.push(TxnOp::get(key.as_str(), None));
            }
            let txn = &Txn::new().when(when).and_then(then.to_vec()).or_else(or_else);
            let answer = self.link.call(|mut client| async move { client.txn(txn.clone()).await }).await?;
            if answer.succeeded() {
                return Ok(Fenced::Done);
            }
            let (epoch, there): (Vec<_>, Vec<_>) =
                found(answer.op_responses()).into_iter().partition(|stored| stored.key == key);
            let Some(ours) = ours else { return Ok(Fenced::Refused(there)) };
            if self.epoch.lock().ours != Some(ours) {
                // Ours has been raised while this was on its way: it says nothing about the present one.
                continue;
            }
            match epoch.first().and_then(number) {
                Some(epoch) if epoch == ours => return Ok(Fenced::Refused(there)),
                Some(epoch) if epoch > ours => {
                    self.epoch.lock().later = Some(epoch);
                    return Err(CoordinationError::Superseded);
                }
                // An older one, none, or something that control does not write.
                _ => self.raise(&key, ours, epoch.first().map_or(0, |epoch| epoch.mod_revision)).await?,
            }
        }
        Err(CoordinationError::Unavailable("the epoch keeps changing".into()))
    }

    /// Unless it has changed since this revision.
    async fn raise(&self, key: &str, ours: u64, since: i64) -> Result<(), CoordinationError> {
        let unchanged = Compare::mod_revision(key, CompareOp::Equal, since);
        let txn = &Txn::new().when([unchanged]).and_then([TxnOp::put(key, text(ours), None)]);
        self.link.call(|mut client| async move { client.txn(txn.clone()).await.map(drop) }).await
    }

    pub(crate) async fn carry_out_fenced(&self, operations: Vec<TxnOp>) -> Result<(), CoordinationError> {
        for batch in batches(operations, MOST_OPERATIONS, |_| ()) {
            self.fenced(&[], &batch, &[]).await?;
        }
        Ok(())
    }
}
