//! The way into an app: a code works once, soon, for its app, in its browser, for its user. Nothing else works.

use std::time::Duration;

use control::{
    Error,
    apps::{AppChange, EntryCode, nonce_digest},
};
use domain::{app::App, vcluster::Vcluster};

use crate::harness::{Browser, Harness};

const NONCE: &str = "a nonce of the app's host";

struct Scene {
    harness: Harness,
    lab: Vcluster,
    jupyter: App,
    browser: Browser,
}

impl Scene {
    async fn new() -> Self {
        let harness = Harness::new().await;
        let lab = harness.create("lab", 1).await;
        let lab = harness.running(lab).await;
        let jupyter = harness.control.apps.list(&harness.ada, lab.id).await.expect("a list")[0].app.clone();
        let browser = harness.sign_in(&harness.ada).await;
        Self { harness, lab, jupyter, browser }
    }

    async fn code(&self) -> EntryCode {
        let digest = nonce_digest(NONCE);
        let apps = &self.harness.control.apps;
        apps.enter(&self.harness.ada, &self.browser.key, self.jupyter.label.as_str(), &digest).await.expect("a code")
    }

    async fn redeem(&self, label: &str, code: &str, nonce: &str) -> Result<String, Error> {
        self.harness.control.apps.redeem(label, code, nonce).await.map(|opened| opened.secret)
    }

    /// The code, as its rightful owner would use it.
    async fn redeem_well(&self, code: &EntryCode) -> Result<String, Error> {
        self.redeem(self.jupyter.label.as_str(), &code.text, NONCE).await
    }
}

fn is_refused<T>(outcome: Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::EntryRefused))
}

#[tokio::test]
async fn a_code_opens_its_app_once() {
    let scene = Scene::new().await;
    let code = scene.code().await;
    assert!(!format!("{code:?}").contains(&code.text));
    let secret = scene.redeem_well(&code).await.expect("a way in");
    let decision = scene.harness.control.apps.decide(&scene.jupyter.label, &secret).await.expect("inside");
    assert_eq!((decision.app.id, &decision.user.name), (scene.jupyter.id, &scene.harness.ada.name));
    assert!(is_refused(scene.redeem_well(&code).await), "the code is used up");
}

#[tokio::test]
async fn of_two_who_race_with_one_code_one_gets_in() {
    let scene = Scene::new().await;
    let code = scene.code().await;
    let tries = futures::future::join_all((0..20).map(|_| scene.redeem_well(&code))).await;
    assert_eq!(tries.into_iter().filter(Result::is_ok).count(), 1);
}

#[tokio::test]
async fn a_late_code_is_refused() {
    let scene = Scene::new().await;
    let code = scene.code().await;
    scene.harness.clock.advance(Duration::from_secs(30));
    assert!(is_refused(scene.redeem_well(&code).await));
    let code = scene.code().await;
    scene.harness.clock.advance(Duration::from_millis(29_900));
    scene.redeem_well(&code).await.expect("just in time");
}

#[tokio::test]
async fn a_stolen_code_is_worth_nothing_without_the_browsers_nonce_and_is_used_up() {
    let scene = Scene::new().await;
    let code = scene.code().await;
    assert!(is_refused(scene.redeem(scene.jupyter.label.as_str(), &code.text, "the thief's nonce").await));
    assert!(is_refused(scene.redeem_well(&code).await), "the thief has used it up");
}

#[tokio::test]
async fn a_code_for_one_app_opens_no_other() {
    let scene = Scene::new().await;
    let apps = &scene.harness.control.apps;
    let node = domain::name::NodeName::new(0);
    let other = apps.publish(&scene.harness.ada, scene.lab.id, node, 8050, None).await.expect("an app");
    let code = scene.code().await;
    assert!(is_refused(scene.redeem(other.label.as_str(), &code.text, NONCE).await));
    for label in ["", "nosuchapps", "../../etc", "UPPERCASE2"] {
        let code = scene.code().await;
        assert!(is_refused(scene.redeem(label, &code.text, NONCE).await), "{label}");
    }
}

#[tokio::test]
async fn nonsense_is_refused() {
    let scene = Scene::new().await;
    let label = scene.jupyter.label.as_str();
    for code in ["", "x", &"A".repeat(43), &"A".repeat(100_000), "\u{0}", "dkl_AAAA"] {
        assert!(is_refused(scene.redeem(label, code, NONCE).await), "{} characters", code.len());
    }
    let (apps, ada) = (&scene.harness.control.apps, &scene.harness.ada);
    for nonce in ["", "abc", &"A".repeat(64), &"g".repeat(64), &"a".repeat(1000)] {
        assert!(is_refused(apps.enter(ada, &scene.browser.key, label, nonce).await), "{nonce}");
    }
}

#[tokio::test]
async fn there_is_no_code_for_an_app_that_is_unknown_foreign_off_or_going() {
    let scene = Scene::new().await;
    let Harness { control, ada, bob, .. } = &scene.harness;
    let digest = nonce_digest(NONCE);
    let label = scene.jupyter.label.as_str();
    let bobs = scene.harness.sign_in(bob).await;
    for unknown in ["nosuchapps", "", "a.b"] {
        let refused = control.apps.enter(ada, &scene.browser.key, unknown, &digest).await;
        assert!(matches!(refused, Err(Error::NotFound("app"))), "{unknown}: {refused:?}");
    }
    let foreign = control.apps.enter(bob, &bobs.key, label, &digest).await;
    assert!(matches!(foreign, Err(Error::NotFound("app"))), "bob cannot tell it from an unknown app: {foreign:?}");
    let borrowed = control.apps.enter(ada, &bobs.key, label, &digest).await;
    assert!(matches!(borrowed, Err(Error::NoAppSession)), "another's session: {borrowed:?}");

    let change = |enabled| AppChange { enabled: Some(enabled), ..AppChange::default() };
    control.apps.update(ada, scene.lab.id, scene.jupyter.id, change(false)).await.expect("off");
    let off = control.apps.enter(ada, &scene.browser.key, label, &digest).await;
    assert!(matches!(&off, Err(Error::AppOff(title)) if title == "JupyterLab"), "{off:?}");
    control.apps.update(ada, scene.lab.id, scene.jupyter.id, change(true)).await.expect("on");

    control.vclusters.delete(ada, scene.lab.id).await.expect("accepted");
    let going = control.apps.enter(ada, &scene.browser.key, label, &digest).await;
    assert!(matches!(going, Err(Error::NotFound("app"))), "{going:?}");
}

#[tokio::test]
async fn a_code_dies_with_what_it_came_from() {
    let scene = Scene::new().await;
    let Harness { ada, .. } = &scene.harness;
    let before = scene.code().await;
    scene.harness.sign_out(&scene.browser).await;
    assert!(is_refused(scene.redeem_well(&before).await), "signed out");

    let again = Scene { browser: scene.harness.sign_in(ada).await, ..scene };
    let code = again.code().await;
    let off = AppChange { enabled: Some(false), ..AppChange::default() };
    again.harness.control.apps.update(&again.harness.ada, again.lab.id, again.jupyter.id, off).await.expect("off");
    assert!(is_refused(again.redeem_well(&code).await), "switched off");
}

#[tokio::test]
async fn the_oldest_of_too_many_codes_gives_way() {
    let scene = Scene::new().await;
    let first = scene.code().await;
    scene.harness.clock.advance(Duration::from_millis(10));
    let mut codes = Vec::new();
    for _ in 0..64 {
        codes.push(scene.code().await);
    }
    assert!(is_refused(scene.redeem_well(&first).await));
    for code in &codes {
        scene.redeem_well(code).await.expect("a way in for each");
    }
}
