//! What people take of the hosts' disks.

use chrono::{DateTime, TimeDelta, Utc};
use control::{
    Error,
    disk::{Counted, Held},
    ports::{engine::DiskUse, usage::DiskSample},
};
use domain::UserId;

use crate::harness::Harness;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn used(owner: UserId, nodes: u64, home: u64) -> DiskUse {
    DiskUse { owner, nodes, home }
}

#[tokio::test]
async fn everybody_sees_their_own_and_administrators_see_who_takes_most() {
    let harness = Harness::new().await;
    let (disks, here) = (&harness.control.disks, "here".parse().expect("a name"));
    let mine = disks.mine(&harness.ada).await;
    assert_eq!(mine, Counted { held: Held::default(), at: None, missing: 1 }, "not counted yet");
    let owners =
        vec![used(harness.ada.user, 1, 2), used(harness.bob.user, 30, 4), used(UserId::new(uuid::Uuid::nil()), 9, 9)];
    harness.nodes.set_disk(&here, Some(DiskSample { at: at(7), owners }));
    let mine = disks.mine(&harness.ada).await;
    assert_eq!(mine, Counted { held: Held { nodes: 1, home: 2 }, at: Some(at(7)), missing: 0 });
    assert!(matches!(disks.by_person(&harness.ada).await, Err(Error::NotFound(_))));
    let all = disks.by_person(&harness.root().await).await.expect("an administrator");
    let all: Vec<_> = all.held.iter().map(|(name, held)| (name.as_str(), held.nodes + held.home)).collect();
    assert_eq!(all, [("bob", 34), ("ada", 3)], "and no owner without an account");
    harness.nodes.set_disk(&here, None);
    assert_eq!(disks.mine(&harness.ada).await, Counted { held: Held::default(), at: None, missing: 1 }, "it is away");
}
