//! Keeps a running etcd from filling up: its file never shrinks by itself, and once the quota is reached etcd takes no more
//! writes until a client makes room and disarms the alarm. Knows nothing of what is stored.

use std::time::Duration;

use control::ports::coordination::CoordinationError;
use etcd_client::{AlarmAction, AlarmOptions, AlarmType, Client, CompactionOptions, StatusResponse};
use tokio::time::{MissedTickBehavior, interval};

use crate::link::Link;

/// Two looks far enough apart to cost nothing, near enough for a full etcd not to stay full for long.
const EVERY: Duration = Duration::from_secs(30);

pub(super) async fn run(link: Link, quota: u64) {
    let mut looks = interval(EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if let Err(error) = look(&link, quota).await {
            tracing::debug!(%error, "etcd's upkeep has to wait");
        }
    }
}

async fn look(link: &Link, quota: u64) -> Result<(), CoordinationError> {
    let status = link.call(|mut client| async move { client.status().await }).await?;
    if needs_room(&status, quota) {
        let size = status.db_size();
        tracing::info!(size, quota, "etcd's database is large; making room in it");
        link.call(make_room).await?;
    }
    Ok(())
}

fn needs_room(status: &StatusResponse, quota: u64) -> bool {
    let size = u64::try_from(status.db_size()).unwrap_or(0);
    // `errors` is where a member names its alarms.
    size > quota / 2 || !status.errors().is_empty()
}

/// Drops all history and gives the freed pages back. etcd answers no request meanwhile; for a database of this size
/// that is well below a second.
async fn make_room(mut client: Client) -> Result<(), etcd_client::Error> {
    let here = client.get("docklet", None).await?;
    let revision = here.header().map(etcd_client::ResponseHeader::revision).unwrap_or_default();
    // Physically: what is dropped must be gone before the pages are given back.
    match client.compact(revision, Some(CompactionOptions::new().with_physical())).await {
        Err(error) if !crate::fault::is_compacted(&error) => return Err(error),
        Ok(_) | Err(_) => {}
    }
    client.defragment().await?;
    let alarms = client.alarm(AlarmAction::Get, AlarmType::Nospace, None).await?;
    for alarm in alarms.alarms() {
        let mut of_member = AlarmOptions::new();
        of_member.with_member(alarm.member_id());
        client.alarm(AlarmAction::Deactivate, AlarmType::Nospace, Some(of_member)).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::InstallationId;
    use uuid::Uuid;

    use super::*;
    use crate::{
        embedded::{EmbeddedConfig, EmbeddedEtcd},
        etcd::EtcdConfig,
    };

    const QUOTA: u64 = 16 << 20;

    async fn put(link: &Link) -> Result<(), CoordinationError> {
        let value = &vec![b'x'; 1 << 20];
        link.call(|mut client| async move { client.put("docklet", value.as_slice(), None).await.map(drop) }).await
    }

    #[tokio::test]
    async fn a_full_etcd_takes_writes_again_after_a_look() {
        let root = tempfile::tempdir().expect("a directory");
        let config = EmbeddedConfig { quota: QUOTA, ..EmbeddedConfig::new(root.path()) };
        let etcd = EmbeddedEtcd::start(config).await.expect("to start");
        let installation = InstallationId::new(Uuid::nil());
        let link = EtcdConfig { endpoints: vec![etcd.endpoint()], installation, credentials: None };
        let link = Link::new(&link).expect("an endpoint");
        let mut written = 0;
        let fault = loop {
            match put(&link).await {
                Ok(()) => written += 1,
                Err(fault) => break fault.to_string(),
            }
            assert!(written < 100, "the quota must be reached");
        };
        assert!(fault.contains("space exceeded"), "{fault}");
        put(&link).await.expect_err("it stays full by itself");
        look(&link, QUOTA).await.expect("to make room");
        put(&link).await.expect("a write");
        let status = link.call(|mut client| async move { client.status().await }).await.expect("a status");
        assert!(!needs_room(&status, QUOTA), "{} bytes, {:?}", status.db_size(), status.errors());
        // With room enough a look does nothing.
        look(&link, QUOTA).await.expect("nothing to do");
    }
}
