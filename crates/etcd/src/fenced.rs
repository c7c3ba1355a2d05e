//! Transactions of control that are carried out only under the record's present term. Knows no values.

use control::ports::coordination::CoordinationError;
use etcd_client::{Compare, CompareOp, Txn, TxnOp};

use crate::{
    batch::{MOST_OPERATIONS, batches},
    dispatch::{MOST_ATTEMPTS, found},
    etcd::Etcd,
    record::Stored,
};

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
        // Set once per process: a process serves under one term.
        let _ = self.epoch.set(format!("{term:020}"));
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
            let (mut when, mut or_else) = (when.to_vec(), or_else.to_vec());
            if let Some(ours) = self.epoch.get() {
                when.push(Compare::value(key.as_str(), CompareOp::Equal, ours.as_str()));
                or_else.push(TxnOp::get(key.as_str(), None));
            }
            let txn = &Txn::new().when(when).and_then(then.to_vec()).or_else(or_else);
            let answer = self.link.call(|mut client| async move { client.txn(txn.clone()).await }).await?;
            if answer.succeeded() {
                return Ok(Fenced::Done);
            }
            let (epoch, there): (Vec<_>, Vec<_>) =
                found(answer.op_responses()).into_iter().partition(|stored| stored.key == key);
            let Some(ours) = self.epoch.get() else { return Ok(Fenced::Refused(there)) };
            match epoch.first() {
                Some(epoch) if epoch.value == ours.as_bytes() => return Ok(Fenced::Refused(there)),
                Some(epoch) if epoch.value.as_slice() > ours.as_bytes() => return Err(CoordinationError::Superseded),
                older => self.raise(&key, ours, older.map_or(0, |epoch| epoch.mod_revision)).await?,
            }
        }
        Err(CoordinationError::Unavailable("the epoch keeps changing".into()))
    }

    /// Unless it has changed since this revision.
    async fn raise(&self, key: &str, ours: &str, since: i64) -> Result<(), CoordinationError> {
        let unchanged = Compare::mod_revision(key, CompareOp::Equal, since);
        let txn = &Txn::new().when([unchanged]).and_then([TxnOp::put(key, ours, None)]);
        self.link.call(|mut client| async move { client.txn(txn.clone()).await.map(drop) }).await
    }

    pub(crate) async fn carry_out_fenced(&self, operations: Vec<TxnOp>) -> Result<(), CoordinationError> {
        for batch in batches(operations, MOST_OPERATIONS, |_| ()) {
            self.fenced(&[], &batch, &[]).await?;
        }
        Ok(())
    }
}
