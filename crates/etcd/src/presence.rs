//! Workers' leases: a worker is there as long as its lease is kept alive. Knows nothing of what a worker does.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use control::ports::coordination::{CoordinationError, WorkerDirectory, WorkerInfo};
use domain::name::WorkerName;
use etcd_client::{Compare, CompareOp, Error, GetOptions, KeyValue, PutOptions, Txn, TxnOp};
use tokio::sync::Mutex;

use crate::{
    etcd::Etcd,
    record::{self, Stored},
};

/// Seconds without an announcement after which a worker counts as lost.
const LEASE: i64 = 10;

/// The leases this process keeps, by worker.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    leases: Mutex<HashMap<WorkerName, Arc<Mutex<Option<i64>>>>>,
}

impl Presence {
    async fn of(&self, worker: &WorkerName) -> Arc<Mutex<Option<i64>>> {
        self.leases.lock().await.entry(worker.clone()).or_default().clone()
    }
}

impl Etcd {
    /// Keeps the worker's lease, gets a new one when it has run out, and writes the worker's key when it is not what it
    /// should be.
    pub(crate) async fn keep_present(&self, info: &WorkerInfo) -> Result<(), CoordinationError> {
        let lease = self.presence.of(&info.name).await;
        let mut lease = lease.lock().await;
        let kept = match *lease {
            Some(id) if self.keep_alive(id).await? => Some(id),
            _ => None,
        };
        let id = match kept {
            Some(id) => id,
            None => self.link.call(|mut client| async move { Ok(client.lease_grant(LEASE, None).await?.id()) }).await?,
        };
        *lease = Some(id);
        self.write_presence(info, id).await
    }

    /// False when the lease has run out.
    async fn keep_alive(&self, id: i64) -> Result<bool, CoordinationError> {
        self.link
            .call(|client| async move {
                match client.lease_client().keep_alive(id).await {
                    Ok(_) => Ok(true),
                    // The client's answer to a lease that is not there.
                    Err(Error::LeaseKeepAliveError(_)) => Ok(false),
                    Err(error) => Err(error),
                }
            })
            .await
    }

    async fn write_presence(&self, info: &WorkerInfo, lease: i64) -> Result<(), CoordinationError> {
        let key = self.keys.worker(&info.name);
        let value = record::write(&key, info)?;
        let (all, range) = (self.keys.workers(), GetOptions::new());
        let (from, range) = (all.from.as_str(), &range.with_range(all.to.as_str()));
        let there =
            self.link.call(|mut client| async move { Ok(client.get(from, Some(range.clone())).await?.take_kvs()) });
        let there = there.await?;
        let mine = there.iter().find(|there| there.key() == key.as_bytes());
        // Of two that came at the same time, the one that was written first stays.
        let before = |other: &KeyValue| mine.is_none_or(|mine| other.create_revision() < mine.create_revision());
        for other in there.iter().filter(|other| other.key() == key.as_bytes() || before(other)) {
            self.refuse_beside(info, other)?;
        }
        if mine.is_some_and(|mine| mine.lease() == lease && mine.value() == value) {
            return Ok(());
        }
        let unchanged = Compare::mod_revision(key.as_str(), CompareOp::Equal, mine.map_or(0, KeyValue::mod_revision));
        let put = TxnOp::put(key.as_str(), value, Some(PutOptions::new().with_lease(lease)));
        let txn = &Txn::new().when([unchanged]).and_then([put]);
        let answer = self.link.call(|mut client| async move { client.txn(txn.clone()).await }).await?;
        if answer.succeeded() {
            return Ok(());
        }
        Err(CoordinationError::Unavailable("what is said about this worker has changed meanwhile".into()))
    }

    /// A worker that says no id of its own is not refused and keeps no other out.
    fn refuse_beside(&self, info: &WorkerInfo, other: &KeyValue) -> Result<(), CoordinationError> {
        let stored = Stored::from(other);
        let Ok(other) = record::read::<WorkerInfo>(&stored, self.keys.place(&stored.key).as_ref()) else {
            return Ok(());
        };
        if info.id.is_none() || other.id.is_none() || info.id == other.id {
            return Ok(());
        }
        let (name, there) = (&info.name, &other.name);
        Err(CoordinationError::Refused(if name == there {
            format!(
                "another worker is there under the name {name}; stop that one, or give this installation one worker only"
            )
        } else {
            format!(
                "host {there} is this installation's worker already, and several hosts are not supported yet; stop that one first, or this one ({name})"
            )
        }))
    }
}

#[async_trait]
impl WorkerDirectory for Etcd {
    async fn find_worker(&self, worker: &WorkerName) -> Result<Option<WorkerInfo>, CoordinationError> {
        let key = self.keys.worker(worker);
        let key = key.as_str();
        let there =
            self.link.call(|mut client| async move { Ok(client.get(key, None).await?.take_kvs().pop()) }).await?;
        let stored = there.as_ref().map(Stored::from);
        stored.map(|stored| record::read(&stored, self.keys.place(key).as_ref())).transpose()
    }
}
