//! Deciding about requests to apps: soon enough after every change, cheaply however many ask.

use std::time::Duration;

use control::{
    Error,
    apps::{AppChange, Decision, Target, cookie_digest, nonce_digest},
    ports::node::ServiceState,
};
use domain::{
    app::{App, JUPYTER_SERVICE},
    name::NodeName,
    vcluster::{Vcluster, VclusterState},
};
use futures::future::join_all;

use crate::harness::{Browser, Harness, SOON, eventually};

/// What every end of a visit must be done within.
const A_SECOND: Duration = Duration::from_secs(1);

struct Visit {
    harness: Harness,
    lab: Vcluster,
    app: App,
    browser: Browser,
    secret: String,
}

impl Visit {
    async fn new() -> Self {
        let harness = Harness::new().await;
        let lab = harness.create("lab", 2).await;
        let lab = harness.running(lab).await;
        let app = harness.control.apps.list(&harness.ada, lab.id).await.expect("a list")[0].app.clone();
        let browser = harness.sign_in(&harness.ada).await;
        let secret = enter(&harness, &browser, &app).await;
        Self { harness, lab, app, browser, secret }
    }

    async fn decide(&self) -> Result<std::sync::Arc<Decision>, Error> {
        self.harness.control.apps.decide(&self.app.label, &self.secret).await
    }

    /// Inside now, and out within a second after `change`; a long connection of it, too.
    async fn ends_with(&self, what: &str, change: impl AsyncFnOnce(&Self)) {
        self.decide().await.expect("inside");
        let digest = cookie_digest(&self.secret);
        assert!(self.harness.control.apps.admitted(&digest).await.expect("an answer"), "{what}");
        change(self).await;
        self.harness.clock.advance(A_SECOND / 2);
        assert!(matches!(self.decide().await, Err(Error::NoAppSession)), "{what}");
        assert!(!self.harness.control.apps.admitted(&digest).await.expect("an answer"), "{what}");
    }
}

async fn enter(harness: &Harness, browser: &Browser, app: &App) -> String {
    let (apps, label) = (&harness.control.apps, app.label.as_str());
    let code = apps.enter(&harness.ada, &browser.key, label, &nonce_digest("nonce")).await.expect("a code");
    apps.redeem(label, &code.text, "nonce").await.expect("a way in").secret
}

#[tokio::test]
async fn a_request_goes_to_the_running_node() {
    let visit = Visit::new().await;
    let decision = visit.decide().await.expect("inside");
    let Target::Ready(node, port) = &decision.target else { panic!("{decision:?}") };
    assert_eq!((node.node, *port), (visit.lab.nodes[0].id, 8888));
    assert_eq!(decision.session, cookie_digest(&visit.secret));
}

#[tokio::test]
async fn no_other_cookie_is_good_and_a_good_one_nowhere_else() {
    let visit = Visit::new().await;
    let apps = &visit.harness.control.apps;
    for secret in ["", "x", &"A".repeat(43), &"A".repeat(1 << 20), &visit.secret.to_lowercase(), "\u{0}"] {
        let refused = apps.decide(&visit.app.label, secret).await;
        assert!(matches!(refused, Err(Error::NoAppSession)), "{} characters", secret.len());
    }
    let other = apps.publish(&visit.harness.ada, visit.lab.id, NodeName::new(1), 8050, None).await.expect("an app");
    let refused = apps.decide(&other.label, &visit.secret).await;
    assert!(matches!(refused, Err(Error::NoAppSession)), "another label");
    visit.decide().await.expect("still good at its own");
}

#[tokio::test]
async fn signing_out_ends_it() {
    Visit::new().await.ends_with("sign-out", async |visit| visit.harness.sign_out(&visit.browser).await).await;
}

#[tokio::test]
async fn a_lock_and_a_new_password_end_it() {
    let lock = async |visit: &Visit| visit.harness.control.accounts.set_locked("ada", true).await.expect("locked");
    Visit::new().await.ends_with("lock", lock).await;
    let password = async |visit: &Visit| {
        visit.harness.control.accounts.set_password("ada", Some("another horse")).await.expect("a password");
    };
    Visit::new().await.ends_with("password", password).await;
}

#[tokio::test]
async fn switching_it_off_ends_it() {
    let off = async |visit: &Visit| {
        let change = AppChange { enabled: Some(false), ..AppChange::default() };
        let apps = &visit.harness.control.apps;
        apps.update(&visit.harness.ada, visit.lab.id, visit.app.id, change).await.expect("off");
    };
    Visit::new().await.ends_with("switch", off).await;
}

#[tokio::test]
async fn deleting_its_vcluster_or_node_ends_it_before_the_worker_has_done_anything() {
    let delete = async |visit: &Visit| {
        visit.harness.control.vclusters.delete(&visit.harness.ada, visit.lab.id).await.expect("accepted");
    };
    Visit::new().await.ends_with("delete", delete).await;
    let remove = async |visit: &Visit| {
        let Harness { control, ada, .. } = &visit.harness;
        control.vclusters.remove_node(ada, visit.lab.id, NodeName::new(0)).await.expect("accepted");
    };
    Visit::new().await.ends_with("remove node", remove).await;
}

#[tokio::test]
async fn the_end_of_the_portal_session_ends_it() {
    let expire = async |visit: &Visit| {
        visit.harness.clock.advance(Duration::from_secs(24 * 3600));
    };
    Visit::new().await.ends_with("expiry", expire).await;
}

#[tokio::test]
async fn a_thousand_who_ask_at_once_are_answered_from_one_state_of_the_record() {
    let visit = Visit::new().await;
    let all = join_all((0..1000).map(|_| visit.decide())).await;
    let first = all[0].as_ref().expect("inside").clone();
    // Shared, not only alike: only the first request has read the record.
    assert!(
        all.iter().all(|decision| decision.as_ref().is_ok_and(|decision| std::sync::Arc::ptr_eq(decision, &first)))
    );
    visit.harness.sign_out(&visit.browser).await;
    visit.harness.clock.advance(Duration::from_millis(399));
    visit.decide().await.expect("what was read is good for 400 ms");
    visit.harness.clock.advance(Duration::from_millis(1));
    let all = join_all((0..1000).map(|_| visit.decide())).await;
    assert!(all.iter().all(|decision| matches!(decision, Err(Error::NoAppSession))));
}

#[tokio::test]
async fn a_thousand_tabs_of_a_stopped_service_ask_the_node_once() {
    let visit = Visit::new().await;
    let Harness { control, nodes, clock, .. } = &visit.harness;
    let node = visit.lab.nodes[0].id;
    nodes.service(node, JUPYTER_SERVICE, ServiceState::Stopped, None);
    let decision = visit.decide().await.expect("inside");
    let before = nodes.asked();
    let told = join_all((0..1000).map(|_| control.apps.closed(&decision))).await;
    assert!(told.iter().all(|told| matches!(&told.as_ref().expect("an answer").target,
        Target::NotListening { service: Some(service), log: None } if service.state == ServiceState::Stopped)));
    for _ in 0..100 {
        assert!(matches!(visit.decide().await.expect("inside").target, Target::NotListening { .. }));
    }
    assert_eq!(nodes.asked() - before, 1);
    clock.advance(Duration::from_millis(150));
    assert!(matches!(visit.decide().await.expect("inside").target, Target::Ready(..)), "worth another try");
}

#[tokio::test]
async fn why_a_service_failed_is_said_with_the_end_of_its_log() {
    let visit = Visit::new().await;
    let Harness { control, nodes, .. } = &visit.harness;
    let node = visit.lab.nodes[0].id;
    nodes.service(node, JUPYTER_SERVICE, ServiceState::Failed, Some("it ended with status 1"));
    nodes.log(node, JUPYTER_SERVICE, &(0..100).map(|line| format!("line {line}\n")).collect::<String>());
    let closed = control.apps.closed(&visit.decide().await.expect("inside")).await.expect("an answer");
    let Target::NotListening { service: Some(service), log: Some(log) } = &closed.target else { panic!("{closed:?}") };
    assert_eq!(service.reason.as_deref(), Some("it ended with status 1"));
    assert!(log.starts_with("line 80\n") && log.ends_with("line 99"), "{log}");
    let started = control.apps.start_for(&closed).await.expect("it tries again").expect("a service");
    assert_eq!(started.state, ServiceState::Starting);
    assert!(matches!(visit.decide().await.expect("inside").target, Target::Ready(..)), "worth a try at once");
}

#[tokio::test]
async fn a_stopped_vcluster_is_said_to_be_stopped() {
    let visit = Visit::new().await;
    let Harness { control, ada, clock, .. } = &visit.harness;
    control.vclusters.stop(ada, visit.lab.id).await.expect("accepted");
    clock.advance(Duration::from_millis(400));
    let decision = visit.decide().await.expect("inside: it is theirs");
    assert_eq!(decision.target, Target::Stopped(VclusterState::Stopping));
    assert!(matches!(control.apps.start_for(&decision).await, Err(Error::NodeNotRunning { .. })));
    let same = control.apps.closed(&decision).await.expect("an answer");
    assert_eq!(*same, *decision);
}

#[tokio::test]
async fn nothing_of_an_app_is_left_when_its_vcluster_is_gone() {
    let visit = Visit::new().await;
    let Harness { control, ada, .. } = &visit.harness;
    control.vclusters.delete(ada, visit.lab.id).await.expect("accepted");
    visit.harness.remove_all(&visit.lab).await;
    eventually("the vcluster to be gone", SOON, async || visit.harness.get(visit.lab.id).await.is_none()).await;
    assert!(!control.apps.admitted(&cookie_digest(&visit.secret)).await.expect("an answer"));
    let refused = control.apps.enter(ada, &visit.browser.key, visit.app.label.as_str(), &nonce_digest("n")).await;
    assert!(matches!(refused, Err(Error::NotFound("app"))), "{refused:?}");
}
