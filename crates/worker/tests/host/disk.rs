//! What owners take of the host's disk.

use std::time::Duration;

use control::ports::{
    coordination::{AssignmentPublisher as _, Order},
    usage::Usages as _,
};
use domain::node::Phase;
use testkit::obtain;

use crate::lab::{Lab, SOON};

const MIB: u64 = 1 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn what_nodes_and_homes_take_is_counted_by_owner_also_when_they_are_stopped() {
    let mut lab = Lab::new();
    lab.config.disk_every = Duration::from_millis(200);
    lab.coordination.assign_all(&[]).await.expect("coordination answers");
    lab.start();
    let (mine, theirs) = (lab.vcluster(1), lab.vcluster(1));
    lab.run(&[mine.clone(), theirs.clone()].concat()).await;
    lab.shell(&mine[0], "head -c 5242880 /dev/urandom >/srv/file && head -c 3145728 /dev/urandom >/root/file")
        .expect("written");
    let stopped = lab.order(&mine, Order::Stop).await;
    lab.phase(&stopped[0], "stopped", |phase| *phase == Phase::Stopped).await;
    let worker = &lab.config.name;
    let used = obtain("it is counted", SOON, async || {
        let sample = lab.worker().disk(worker).await.expect("its own disk")?;
        let used = sample.owners.into_iter().find(|used| used.owner == mine[0].owner)?;
        (used.nodes >= 5 * MIB && used.home >= 3 * MIB).then_some(used)
    })
    .await;
    assert!(used.nodes < 50 * MIB && used.home < 50 * MIB, "without the image: {used:?}");
    let sample = lab.worker().disk(worker).await.expect("its own disk").expect("counted");
    let others = sample.owners.iter().find(|used| used.owner == theirs[0].owner).expect("they run");
    assert!(others.nodes < 5 * MIB && others.home < 3 * MIB, "{others:?}");
    assert!(lab.worker().disk(&"another".parse().expect("a name")).await.is_err());
}
