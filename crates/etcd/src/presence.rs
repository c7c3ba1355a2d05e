//! Workers' leases: a worker is there as long as its lease is kept alive. Knows nothing of what a worker does.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use control::ports::coordination::{CoordinationError, Whereabouts, WorkerInfo};
use domain::name::WorkerName;
use etcd_client::{Error, PutOptions};
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
        self.write_presence(info, id, kept.is_some()).await
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

    async fn write_presence(&self, info: &WorkerInfo, lease: i64, was_ours: bool) -> Result<(), CoordinationError> {
        let key = self.keys.worker(&info.name);
        let value = record::write(&key, info)?;
        let there = {
            let key = key.as_str();
            self.link.call(|mut client| async move { Ok(client.get(key, None).await?.take_kvs().pop()) }).await?
        };
        if let Some(there) = &there {
            if there.lease() == lease && there.value() == value {
                return Ok(());
            }
            if was_ours && there.lease() != lease {
                tracing::warn!(worker = %info.name, "another worker announces itself under this name; give one of them another name");
            }
        }
        let (key, value) = (key.as_str(), value.as_slice());
        let put = |mut client: etcd_client::Client| async move {
            client.put(key, value, Some(PutOptions::new().with_lease(lease))).await.map(drop)
        };
        self.link.call(put).await
    }
}

#[async_trait]
impl Whereabouts for Etcd {
    async fn whereabouts(&self, worker: &WorkerName) -> Result<Option<WorkerInfo>, CoordinationError> {
        let key = self.keys.worker(worker);
        let key = key.as_str();
        let there =
            self.link.call(|mut client| async move { Ok(client.get(key, None).await?.take_kvs().pop()) }).await?;
        let stored = there.as_ref().map(Stored::from);
        stored.map(|stored| record::read(&stored, self.keys.place(key).as_ref())).transpose()
    }
}
