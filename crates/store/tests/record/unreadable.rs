//! Rows that we would never write are named, whatever is wrong with them; nothing panics and nothing is guessed.

use std::time::Duration;

use control::{
    actor::Actor,
    ports::{
        coordination::{Duty, Order},
        store::{Attempts, EventBody, Store, StoreError},
    },
    vclusters::CreateVcluster,
};
use domain::{
    node::Phase,
    quota::Usage,
    user::{Role, User},
    vcluster::VclusterState,
};
use sea_orm::{ConnectionTrait, Statement};
use testkit::{MemoryCoordination, SeededEntropy, eventually, obtain};
use tokio_util::sync::CancellationToken;

use super::{Record, reservations};
use crate::fixture::{account, at, user_id, vcluster, vcluster_id};

/// What SQLite makes its pages when nobody says otherwise.
const PAGE: usize = 4096;
const SOON: Duration = Duration::from_secs(30);

/// A row in every table that is read back.
async fn record() -> Record {
    let record = Record::of([1]).await;
    record.save(&vcluster(1, 1, 2)).await;
    let mut transaction = record.begin().await;
    let attempts = Attempts { key: "account:ada".into(), failures: 1, last_failure: at(0) };
    transaction.set_attempts(&attempts).await.expect("a count");
    let body = EventBody::Vcluster { vcluster: Box::new(vcluster(1, 1, 2)), usage: Usage::default() };
    transaction.append_event(user_id(1), at(0), &body).await.expect("an event");
    transaction.commit().await.expect("a commit");
    record
}

/// The error's text after this change to the file.
fn named<T: std::fmt::Debug>(result: Result<T, StoreError>, change: &str) -> String {
    match result {
        Err(error @ StoreError::Unreadable { .. }) => error.to_string(),
        other => panic!("{change}: {other:?}"),
    }
}

#[tokio::test]
async fn a_broken_user_is_named() {
    for (change, fault) in [
        ("name = '../x'", "must use only the letters"),
        ("role = 'king'", "role \"king\" is not one of the known ones"),
        ("created_at = 'yesterday'", "created_at"),
        ("locked = 'perhaps'", "locked"),
    ] {
        let record = record().await;
        record.run(&format!("UPDATE users SET {change}")).await;
        let text = named(record.store.user(user_id(1)).await, change);
        assert!(text.starts_with("the database holds an unreadable user: ") && text.contains(fault), "{text}");
        named(record.store.users().await, change);
        if !change.starts_with("name") {
            named(record.store.account(&account(1).user.name).await, change);
        }
    }
}

#[tokio::test]
async fn a_broken_vcluster_is_named_wherever_it_is_read() {
    for (change, fault) in [
        ("vclusters SET name = ''", "vcluster: 00000000-0000-0000-0000-000000000001: name: must not be empty"),
        ("vclusters SET image = 'A B'", "vcluster: 00000000-0000-0000-0000-000000000001: image"),
        ("vclusters SET cpu_milli = -1", "vcluster: 00000000-0000-0000-0000-000000000001"),
        ("vclusters SET memory_mib = 99999999999", "vcluster: 00000000-0000-0000-0000-000000000001"),
        ("vclusters SET memory_mib = 'much'", "vcluster: column"),
        ("vclusters SET subnet = '10.0.0.0/33'", "vcluster: 00000000-0000-0000-0000-000000000001"),
        ("vclusters SET intent = 'sleeping'", "intent \"sleeping\""),
        ("vclusters SET owner = X'0102'", "vcluster: column"),
        ("operations SET kind = 'explode'", "operation: 00000000-0000-0000-0000-0000000003e8: kind"),
        ("operations SET state = ''", "operation: 00000000-0000-0000-0000-0000000003e8: state"),
        ("operations SET started_at = 7.5", "operation is missing or unreadable"),
        ("operations SET finished_at = 'later'", "operation is missing or unreadable"),
        (
            "nodes SET name = 'node-07' WHERE name = 'node-0'",
            "node: 00000000-0000-0000-0000-0000000003e8: node: must be",
        ),
        ("nodes SET worker = 'NO'", "node: 00000000-0000-0000-0000-0000000003e8"),
        ("nodes SET ip = '172.20.0'", "node: 00000000-0000-0000-0000-0000000003e8"),
        ("nodes SET generation = -3", "node: 00000000-0000-0000-0000-0000000003e8"),
        ("nodes SET intent = 'x'", "intent \"x\""),
        ("nodes SET state = 'x'", "state \"x\""),
        ("nodes SET operation = 'x'", "node: column"),
        ("nodes SET running_since = 'x'", "running_since"),
    ] {
        let record = record().await;
        record.run(&format!("PRAGMA foreign_keys = OFF; UPDATE {change}")).await;
        if !change.contains("owner") {
            let text = named(record.store.vcluster(vcluster_id(1)).await, change);
            assert!(text.contains(fault), "{change}: {text}");
        }
        // It is named, and keeps no other from being read.
        let other = vcluster(1, 2, 1);
        record.save(&other).await;
        let all = record.store.all_vclusters().await.expect("a read");
        assert_eq!(all.vclusters.iter().map(|vcluster| vcluster.id).collect::<Vec<_>>(), [other.id], "{change}");
        let (id, text) = &all.unreadable[0];
        assert!(*id == vcluster_id(1) && all.unreadable.len() == 1, "{change}: {all:?}");
        assert!(text.contains(fault), "{change}: {text}");
    }
}

/// Neither publishing nor collecting stops for the others, and its own nodes are left as they are.
#[tokio::test]
async fn a_vcluster_that_cannot_be_read_stops_nobody_else() {
    let record = Record::of([1]).await;
    let (coordination, stop) = (MemoryCoordination::default(), CancellationToken::new());
    let _guard = stop.clone().drop_guard();
    reservations::announce(&coordination, 4000, 4096).await;
    let control = reservations::control(record.store.clone(), &coordination, &SeededEntropy::default(), &stop);
    let owner = Actor::of(account(1).user).expect("nobody is locked");
    reservations::until_host_is_known(&control, &owner).await;
    let order = |name: &str| CreateVcluster {
        name: name.into(),
        image: "a".into(),
        nodes: 1,
        cpus: 0.5,
        memory_mib: 64,
        autostart: true,
    };
    let broken = control.vclusters.create(&owner, order("broken"), None).await.expect("a vcluster");
    let lab = control.vclusters.create(&owner, order("lab"), None).await.expect("a vcluster");
    let (broken, node) = (broken.nodes[0].id, lab.nodes[0].id);
    eventually("its order", SOON, async || coordination.assignment(broken).is_some()).await;
    record.run("UPDATE vclusters SET intent = 'sleeping' WHERE name = 'broken'").await;
    // Everything is read and published anew.
    coordination.end_streams();
    control.vclusters.stop(&owner, lab.id).await.expect("it can be stopped");
    let stopped = || coordination.assignment(node).filter(|order| order.order == Order::Stop);
    let stopped = obtain("the order to stop", SOON, async || stopped()).await;
    let reports = [stopped, coordination.assignment(broken).expect("it stays published")]
        .map(|assignment| testkit::build::report(&assignment, Phase::Stopped));
    coordination.report(&reports).await.expect("coordination answers");
    eventually("the report is taken in", SOON, async || {
        let lab = record.store.vcluster(lab.id).await.expect("a read").expect("the vcluster");
        lab.state() == VclusterState::Stopped
    })
    .await;
    let admin = Actor::of(User { role: Role::Admin, ..account(1).user }).expect("nobody is locked");
    eventually("administrators are told", SOON, async || {
        let notices = control.installation.notices(&admin).await.expect("a read");
        notices.iter().any(|notice| notice.text.contains("cannot be read from the record"))
    })
    .await;
    assert!(coordination.assignment(broken).is_some());
}

#[tokio::test]
async fn a_vcluster_without_its_operation_is_named() {
    let record = record().await;
    record.run("PRAGMA foreign_keys = OFF; DELETE FROM operations").await;
    let text = named(record.store.vcluster(vcluster_id(1)).await, "no operation");
    assert!(
        text.ends_with("vcluster: 00000000-0000-0000-0000-000000000001: its operation is missing or unreadable"),
        "{text}"
    );
}

#[tokio::test]
async fn broken_sums_and_subnets_are_named() {
    let record = record().await;
    record
        .run("UPDATE vclusters SET cpu_milli = -1, subnet = 'x'; UPDATE nodes SET worker = 'NO' WHERE name = 'node-1'")
        .await;
    let text = named(record.store.usage(user_id(1)).await, "cpu_milli");
    assert!(text.contains("usage") && text.contains("out of range"), "{text}");
    let mut transaction = record.begin().await;
    assert!(named(transaction.worker_usage().await, "cpu_milli").contains("worker usage"));
    assert_eq!(transaction.subnets().await.expect("a read"), [], "others are given subnets all the same");
}

#[tokio::test]
async fn broken_attempts_and_events_are_named() {
    let record = record().await;
    record.run("UPDATE attempts SET failures = -1").await;
    let text = named(record.store.attempts("account:ada").await, "failures");
    assert!(text.contains("sign-in attempt: account:ada"), "{text}");
    for (body, fault) in [("'{}'", "event: 1: missing field `kind`"), ("'no json'", "event: column")] {
        record.run(&format!("UPDATE events SET body = {body}")).await;
        let text = named(record.store.events_after(user_id(1), 0, 9).await, body);
        assert!(text.contains(fault), "{text}");
    }
}

#[tokio::test]
async fn a_file_with_a_broken_page_is_named_as_the_file() {
    let record = record().await;
    let plain = record.plain().await;
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'users'";
    let row = plain.query_one_raw(Statement::from_string(plain.get_database_backend(), sql)).await.expect("a read");
    let page: i64 = row.expect("a table").try_get("", "rootpage").expect("a page");
    plain.close().await.expect("an orderly end");
    record.store.clone().close().await.expect("an orderly end");

    let mut bytes = std::fs::read(record.path()).expect("the file");
    let begin = (usize::try_from(page).expect("a number") - 1) * PAGE;
    bytes[begin..begin + PAGE].fill(0xA5);
    std::fs::write(record.path(), bytes).expect("the file");
    let reopened = record.elsewhere(std::time::Duration::from_secs(1)).await;
    let text = named(reopened.users().await, "a broken page");
    assert!(text.starts_with("the database holds an unreadable file"), "{text}");
}
