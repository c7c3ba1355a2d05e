//! Losing the server: what is answered is true, what is not answered can be tried again, and it goes on by itself.

use std::time::{Duration, Instant};

use control::{
    Error,
    ports::{
        coordination::{Order, WorkerCoordination},
        store::{Store, StoreError, UserReads, VclusterReads},
    },
};
use domain::node::Phase;
use sea_orm::{ConnectionTrait, Statement};
use store::{PostgresConfig, SessionStore, SqlStore};
use testkit::{Cable, Ending, RealPostgres, Wire, build, eventually, obtain};
use tower_sessions_core::{SessionStore as _, session::Id};

use super::{
    Record,
    reservations::{Lab, order},
};
use crate::fixture::{account, at, user_id, vcluster, vcluster_id};

const SOON: Duration = Duration::from_secs(20);
const STATEMENT: Duration = Duration::from_secs(1);

/// A record behind a wire, and the same without.
struct Scene {
    record: Record,
    cable: Cable,
    store: SqlStore,
}

impl Scene {
    async fn new() -> Self {
        let record = Record::of([1]).await;
        let cable = Cable::to(&RealPostgres::shared().socket()).await;
        let store = store::connect(&config(&format!("{}/{}", cable.address(), record.place.0)).into()).await;
        Self { record, cable, store: store.expect("the database") }
    }

    async fn save(&self, number: u128) -> Result<(), StoreError> {
        save(&self.store, number).await
    }

    async fn has(&self, number: u128) -> bool {
        self.record.store.vcluster(vcluster_id(number)).await.expect("a read").is_some()
    }
}

/// Waits for less long than usual, so that tests are short.
fn config(place: &str) -> PostgresConfig {
    let (acquire_timeout, statement_timeout) = (Duration::from_secs(2), STATEMENT);
    PostgresConfig { acquire_timeout, statement_timeout, ..PostgresConfig::at(format!("postgres://docklet@{place}")) }
}

async fn save(store: &SqlStore, number: u128) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    transaction.save_vcluster(&vcluster(1, number, 2), at(0)).await?;
    transaction.commit().await
}

fn assert_unavailable<T: std::fmt::Debug>(result: &Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
}

/// A commit during which the server goes away is answered when the server is back, and not before.
#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_found_to_have_happened() {
    let scene = Scene::new().await;
    scene.cable.set(Wire::CutBehind("COMMIT"));
    let mut save = Box::pin(scene.save(1));
    tokio::select! {
        done = &mut save => panic!("nobody can know: {done:?}"),
        () = scene.cable.until_cut() => {}
    }
    assert!(scene.has(1).await);
    assert!(tokio::time::timeout(STATEMENT, &mut save).await.is_err(), "nobody can know");
    scene.cable.set(Wire::Whole);
    save.await.expect("it was committed");
    scene.save(2).await.expect("and it goes on");
}

/// Orders are published behind a commit. One whose answer is lost must not leave a vcluster that no worker makes.
#[tokio::test]
async fn what_follows_a_commit_follows_it_when_its_answer_is_lost_too() {
    let scene = Scene::new().await;
    let lab = Lab::on(scene.store.clone()).await;
    let create = async || lab.control.vclusters.create(&lab.owner, order("lab"), Some("key")).await;

    scene.cable.set(Wire::CutBehind("COMMIT"));
    let back = async {
        scene.cable.until_cut().await;
        scene.cable.set(Wire::Whole);
    };
    let (made, ()) = tokio::join!(create(), back);
    let made = match made {
        // The reconciler commits, too: where its connection was the one that was cut, ours may have found none.
        Err(Error::Store(StoreError::Unavailable(_))) => create().await,
        made => made,
    };
    let node = made.expect("a vcluster").nodes[0].id;
    eventually("its order", SOON, async || lab.coordination.assignment(node).is_some()).await;
}

/// Longer than a caller waits for a commit: the collector has given up by then, and reads everything again.
const LATE: Duration = Duration::from_secs(12);

/// The second order of a restart follows from the report on the first one, and from nothing that a person does.
#[tokio::test]
async fn an_order_follows_a_commit_that_is_answered_late() {
    let scene = Scene::new().await;
    let running = Lab::on(scene.store.clone()).await;
    let (control, coordination) = (&running.control, &running.coordination);
    let lab = running.create("lab").await;
    control.vclusters.restart(&running.owner, lab.id).await.expect("it can be restarted");
    let node = lab.nodes[0].id;
    let published = |order| coordination.assignment(node).filter(|there| there.order == order);
    let stopped = obtain("the first order", SOON, async || published(Order::Stop)).await;

    scene.cable.set(Wire::CutBehind("COMMIT"));
    coordination.report(&[build::report(&stopped, Phase::Stopped)]).await.expect("coordination answers");
    scene.cable.until_cut().await;
    tokio::time::sleep(LATE).await; // this is what is tested, not what is waited for
    scene.cable.set(Wire::Whole);
    let started = obtain("the second order", SOON, async || published(Order::Run)).await;
    assert_eq!(started.generation, stopped.generation.next());
}

#[tokio::test]
async fn a_commit_that_never_arrived_is_found_not_to_have_happened() {
    let scene = Scene::new().await;
    scene.cable.set(Wire::CutBefore("COMMIT"));
    assert_unavailable(&scene.save(1).await);
    scene.cable.set(Wire::Whole);
    assert!(!scene.has(1).await);
    scene.save(1).await.expect("the second try");
    assert!(scene.has(1).await);
}

#[tokio::test]
async fn a_server_that_has_fallen_silent_is_not_waited_for_and_comes_back() {
    let scene = Scene::new().await;
    scene.save(1).await.expect("a commit");
    scene.cable.set(Wire::Silent);
    let began = Instant::now();
    let (read, write) = tokio::join!(scene.store.user(user_id(1)), scene.save(2));
    assert_unavailable(&read);
    assert_unavailable(&write);
    let clock = std::sync::Arc::new(control::ports::clock::SystemClock);
    let session = SessionStore::new(scene.store.clone(), clock).load(&Id(1)).await.expect_err("nobody answers");
    assert!(store::is_unavailable(&session), "{session:?}");
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
    scene.cable.set(Wire::Whole);
    eventually("a read", SOON, async || scene.store.user(user_id(1)).await.is_ok()).await;
    eventually("a write", SOON, async || scene.save(3).await.is_ok()).await;
    assert!(!scene.has(2).await);
}

/// A writer that is cut off in the middle does not keep others waiting: the server ends its transaction.
#[tokio::test]
async fn a_writer_that_is_cut_off_leaves_the_place_to_others() {
    let scene = Scene::new().await;
    let mut stuck = scene.store.begin().await.expect("the writer's place");
    stuck.set_locked(user_id(1), true).await.expect("a change");
    scene.cable.set(Wire::Cut);
    eventually("the writer's place", SOON, async || scene.record.store.begin().await.is_ok()).await;
    assert!(!scene.record.store.user(user_id(1)).await.expect("a read").expect("the user").locked);
}

/// A server of its own: a restart of the shared one would disturb the other tests.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_costs_errors_that_say_try_again_and_nothing_else() {
    let server = RealPostgres::start();
    let database = server.database(None);
    let config =
        PostgresConfig { acquire_timeout: Duration::from_secs(2), ..PostgresConfig::at(server.url(&database)) };
    let store = store::connect(&config.into()).await.expect("the database");
    store::migrate(&store).await.expect("the schema");
    let mut transaction = store.begin().await.expect("the writer's place");
    transaction.insert_account(&account(1)).await.expect("a new account");
    transaction.commit().await.expect("a commit");

    let writer = tokio::spawn(write_until_three_more(store.clone()));
    for how in [Ending::Fast, Ending::Immediate] {
        tokio::task::block_in_place(|| {
            server.end(how);
            server.begin();
        });
        eventually("a read", SOON, async || store.ping().await.is_ok()).await;
    }
    store.user(user_id(1)).await.expect("a read").expect("the user");
    let (answered, refused) = writer.await.expect("no panic");
    let whole: Vec<_> =
        store.all_vclusters().await.expect("a read").vclusters.iter().map(|it| it.id.as_uuid().as_u128()).collect();
    assert_eq!(whole, answered, "what was answered is there, what was refused is not ({refused} were)");
    let nodes = "SELECT count(*) FROM nodes n LEFT JOIN vclusters v ON v.id = n.vcluster WHERE v.id IS NULL";
    let halves = store_count(&server, &database, nodes).await;
    assert_eq!(halves, 0, "nothing is half");
}

/// Saves one vcluster after another while the server comes and goes. Says which were committed, and how many were refused.
async fn write_until_three_more(store: SqlStore) -> (Vec<u128>, usize) {
    let (mut answered, mut refused, mut since) = (Vec::new(), 0, 0);
    for number in 1.. {
        match save(&store, number).await {
            Ok(()) => {
                answered.push(number);
                since += 1;
            }
            Err(StoreError::Unavailable(_)) => {
                refused += 1;
                since = 0;
            }
            Err(error) => panic!("{error:?}"),
        }
        // Until it has been refused, and has gone on.
        if refused > 0 && since >= 3 {
            break;
        }
    }
    (answered, refused)
}

async fn store_count(server: &RealPostgres, database: &str, sql: &str) -> i64 {
    let plain = sea_orm::Database::connect(server.url(database)).await.expect("a plain connection");
    let row = plain.query_one_raw(Statement::from_string(plain.get_database_backend(), sql)).await.expect("a read");
    row.expect("a row").try_get_by_index(0).expect("a count")
}
