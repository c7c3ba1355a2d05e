//! Rows that we would never write are named, whatever is wrong with them; nothing panics and nothing is guessed.

use std::time::Duration;

use control::{
    actor::Actor,
    ports::{
        coordination::{Order, Orphan, Verdict, WorkerCoordination},
        store::{
            AccessReads, AllowedImage, Attempts, EventBody, EventReads, HomeReads, PageRequest, StoreError,
            Transaction, Unclaimed, UserReads, VclusterReads,
        },
    },
};
use domain::{
    InstanceId,
    node::{Generation, Phase},
    quota::Usage,
    user::{Role, User},
    vcluster::{Vcluster, VclusterState},
};
use sea_orm::{ConnectionTrait, Statement, prelude::Uuid};
use testkit::{eventually, obtain};

use super::{Record, accounts::token, reservations::Lab};
use crate::fixture::{account, at, everywhere, user_id, vcluster, vcluster_id};

/// SQLite's default page size.
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
        let page = PageRequest { after: None, limit: 9 };
        let own = record.store.vclusters_of(user_id(1), page).await.expect("a read");
        assert_eq!(own.vclusters, all.vclusters, "{change}");
        // Without an owner it is in no list.
        assert_eq!(own.unreadable.len(), usize::from(!change.contains("owner")), "{change}");
    }
}

/// Two vclusters with their orders, the first of which cannot be read any more.
async fn broken_and_lab(record: &Record, running: &Lab) -> (Vcluster, Vcluster) {
    let (broken, lab) = (running.create("broken").await, running.create("lab").await);
    let node = broken.nodes[0].id;
    eventually("its order", SOON, async || running.coordination.assignment(node).is_some()).await;
    record.run("UPDATE vclusters SET intent = 'sleeping' WHERE name = 'broken'").await;
    (broken, lab)
}

/// Neither publishing nor collecting stops for the others, and its own nodes are left as they are.
#[tokio::test]
async fn a_vcluster_that_cannot_be_read_stops_nobody_else() {
    let record = Record::of([1]).await;
    let running = Lab::on(record.store.clone()).await;
    let Lab { control, coordination, owner, .. } = &running;
    let (broken, lab) = broken_and_lab(&record, &running).await;
    let (broken, node) = (broken.nodes[0].id, lab.nodes[0].id);
    // Everything is read and published anew.
    coordination.end_streams();
    control.vclusters.stop(owner, lab.id).await.expect("it can be stopped");
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
    eventually("administrators are told", SOON, async || {
        let notices = control.installation.notices(&admin()).await.expect("a read");
        notices.iter().any(|notice| notice.text.contains("cannot be read from the record"))
    })
    .await;
    assert!(coordination.assignment(broken).is_some());
}

/// Homes, the list of images, and containers that were found: each is read for all vclusters at once.
#[tokio::test]
async fn other_rows_that_cannot_be_read_stop_nobody_else() {
    let record = Record::of([1, 2]).await;
    let running = Lab::on(record.store.clone()).await;
    let Lab { control, coordination, owner, .. } = &running;
    let lab = running.create("lab").await;
    let mut transaction = record.begin().await;
    let found = Unclaimed {
        instance: InstanceId::new(Uuid::from_u128(7)),
        worker: "there".parse().expect("a worker"),
        vcluster: Some(vcluster_id(7)),
        owner: user_id(2),
        generation: Generation::FIRST,
        found_at: at(0),
    };
    transaction.keep_home(user_id(2), &found.worker, at(0)).await.expect("a home");
    let line = AllowedImage {
        pattern: "lab/*".parse().expect("a pattern"),
        added_by: "root".parse().expect("a name"),
        added_at: at(0),
        runtime: None,
    };
    transaction.save_allowed_image(&line).await.expect("a line");
    transaction.save_unclaimed(&found).await.expect("a container");
    transaction.commit().await.expect("a commit");
    record.run("UPDATE allowed_images SET added_by = '../x'").await;
    record.run("UPDATE homes SET worker = 'NO', made_at = 'x' WHERE worker = 'there'").await;
    record.run("UPDATE unclaimed_nodes SET generation = -1, found_at = 'x'").await;
    let (mine, theirs) = (lab.nodes[0].worker.clone(), "anywhere".parse().expect("a worker"));
    let homes = record.store.homes(None).await.expect("a read");
    assert!(homes.may_be_there(user_id(2), &theirs) && !homes.may_be_there(user_id(3), &mine), "{homes:?}");
    coordination.end_streams();
    control.vclusters.stop(owner, lab.id).await.expect("it can be stopped");
    let stopped = || coordination.assignment(lab.nodes[0].id).filter(|order| order.order == Order::Stop);
    let stopped = obtain("the order to stop", SOON, async || stopped()).await;
    coordination.report(&[testkit::build::report(&stopped, Phase::Stopped)]).await.expect("coordination answers");
    eventually("the report is taken in", SOON, async || {
        let lab = record.store.vcluster(lab.id).await.expect("a read").expect("the vcluster");
        lab.state() == VclusterState::Stopped
    })
    .await;
    for words in ["the list of images cannot be read", "home was made cannot be read"] {
        eventually("administrators are told", SOON, async || {
            let notices = control.installation.notices(&admin()).await.expect("a read");
            notices.iter().any(|notice| notice.text.contains(words))
        })
        .await;
    }
}

#[tokio::test]
async fn a_home_whose_owner_cannot_be_read_may_be_any_users() {
    let record = Record::of([1, 2]).await;
    let here = "here".parse().expect("a worker");
    let mut transaction = record.begin().await;
    transaction.keep_home(user_id(1), &here, at(0)).await.expect("a home");
    transaction.commit().await.expect("a commit");
    assert!(!record.store.homes(Some(user_id(2))).await.expect("a read").may_be_there(user_id(2), &here));
    for owner in ["x'01'", "'ada'"] {
        record.run(&format!("PRAGMA foreign_keys = OFF; UPDATE homes SET owner = {owner}")).await;
        for of in [None, Some(user_id(1)), Some(user_id(2))] {
            let homes = record.store.homes(of).await.expect("a read");
            assert!(homes.may_be_there(user_id(2), &here), "{owner} {of:?}: {homes:?}");
        }
    }
}

#[tokio::test]
async fn sums_that_another_hand_has_spoilt_stop_no_order_and_are_right_after_a_sweep() {
    let record = record().await;
    let right = record.store.worker_usage().await.expect("a read");
    record.run("UPDATE worker_holdings SET vclusters = -1, cpu_milli = -5, memory_mib = -1, pids = -1").await;
    let spoilt = record.store.worker_usage().await.expect("a read");
    assert_eq!(spoilt[0].1, Usage { nodes: right[0].1.nodes, ..Usage::default() }, "as little as can be");
    let mut transaction = record.begin().await;
    transaction.sweep(at(0), at(1)).await.expect("a sweep");
    transaction.commit().await.expect("a commit");
    assert_eq!(record.store.worker_usage().await.expect("a read"), right);
}

/// An administrator, who owns nothing.
fn admin() -> Actor {
    Actor::of(User { role: Role::Admin, ..account(2).user }).expect("nobody is locked")
}

#[tokio::test]
async fn a_vcluster_that_cannot_be_read_is_listed_as_that_beside_the_others() {
    let record = Record::of([1]).await;
    let running = Lab::on(record.store.clone()).await;
    let (broken, lab) = broken_and_lab(&record, &running).await;
    let page = |after, limit| running.control.vclusters.list(&running.owner, PageRequest { after, limit });
    let listed = page(None, 50).await.expect("a list");
    assert_eq!((listed.vclusters.len(), listed.vclusters[0].id, listed.next), (1, lab.id, None));
    let (id, sentence) = &listed.unreadable[0];
    assert!(*id == broken.id && sentence.contains("intent") && sentence.contains("Restore the record"), "{sentence}");
    // It has its place in the order, and so on a page.
    let first = page(None, 1).await.expect("a list");
    assert_eq!((first.vclusters.len(), first.unreadable.len(), first.next), (1, 0, Some(lab.id)));
    let second = page(first.next, 1).await.expect("a list");
    assert_eq!((second.vclusters.len(), second.unreadable.len(), second.next), (0, 1, None));
}

#[tokio::test]
async fn a_vcluster_that_cannot_be_read_can_be_deleted_by_its_owner_and_by_administrators() {
    for actor in [Actor::of(account(1).user).expect("nobody is locked"), admin()] {
        let record = Record::of([1]).await;
        let running = Lab::on(record.store.clone()).await;
        let Lab { control, coordination, owner, .. } = &running;
        let (broken, lab) = broken_and_lab(&record, &running).await;
        let stranger = Actor::of(account(3).user).expect("nobody is locked");
        let refused = control.vclusters.delete(&stranger, broken.id).await;
        assert!(matches!(refused, Err(control::Error::NotFound("vcluster"))), "{refused:?}");
        let others = control.vclusters.delete(&admin(), lab.id).await;
        assert!(
            matches!(others, Err(control::Error::NotFound("vcluster"))),
            "what can be read is its owner's: {others:?}"
        );

        assert_eq!(control.vclusters.delete(&actor, broken.id).await.expect("deleted"), None);
        let page = PageRequest { after: None, limit: 50 };
        let listed = control.vclusters.list(owner, page).await.expect("a list");
        assert_eq!((listed.vclusters.len(), listed.unreadable.len()), (1, 0));
        let node = broken.nodes[0].id;
        eventually("its order is taken back", SOON, async || coordination.assignment(node).is_none()).await;
        let (worker, vcluster, generation) = (broken.nodes[0].worker.clone(), broken.id, broken.nodes[0].generation);
        let orphan =
            Orphan { instance: node.into(), worker, vcluster: Some(vcluster), owner: broken.owner, generation };
        coordination.ask(&[orphan]).await.expect("coordination answers");
        let verdict = obtain("an answer", SOON, async || coordination.answer_about(node)).await;
        assert_eq!(verdict, Verdict::Remove { generation }, "its host may remove the container");
    }
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
async fn broken_sums_are_named_and_neither_they_nor_broken_subnets_stop_others() {
    let record = record().await;
    record
        .run("UPDATE vclusters SET cpu_milli = -1, subnet = 'x'; UPDATE nodes SET worker = 'NO' WHERE name = 'node-1'")
        .await;
    let text = named(record.store.usage(user_id(1)).await, "cpu_milli");
    assert!(text.contains("usage") && text.contains("out of range"), "{text}");
    // Below nothing or beyond what can be asked for: neither takes a host's room.
    record.run("UPDATE vclusters SET cpu_milli = 9000000000000").await;
    store::migrate(&record.store).await.expect("added up anew");
    let mut transaction = record.begin().await;
    let held = async |transaction: &dyn Transaction| {
        let held = transaction.worker_usage().await.expect("a read");
        held.into_iter().map(|(worker, held)| (worker.to_string(), held.nodes, held.cpu_milli)).collect::<Vec<_>>()
    };
    assert_eq!(held(&*transaction).await, [("here".to_owned(), 1, 0)], "orders to its host go on");
    transaction.remove_vcluster(vcluster_id(1), at(0)).await.expect("a removal");
    assert_eq!(held(&*transaction).await, []);
    assert_eq!(
        transaction.subnets_in(everywhere()).await.expect("a read"),
        [],
        "others are given subnets all the same"
    );
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

/// Nothing is guessed about what it may.
#[tokio::test]
async fn a_token_whose_scopes_are_none_is_named() {
    let record = record().await;
    let mut transaction = record.begin().await;
    transaction.insert_token(&token(1, "aa")).await.expect("a new token");
    transaction.commit().await.expect("a commit");
    record.run("UPDATE tokens SET scopes = 'root'").await;
    let text = named(record.store.token("aa").await, "scopes");
    assert!(text.contains("token: 00000000-0000-0000-0000-000000000001: scope: must be"), "{text}");
    named(record.store.tokens_of(user_id(1)).await, "scopes");
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
