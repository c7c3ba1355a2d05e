//! People of an OpenID provider that says what a test has written for it.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use control::{
    actor::Actor,
    federation::{Begin, Callback, Federation, Finished, Outside, ProviderRules, Refusal, Rules, Wish},
    ports::{
        clock::Clock as _,
        identity::{Claims, IdentityError, IdentityProviders, LogoutOrder, Refreshed, Seal, Secrets, Verified},
        store::{Identity, IdentityReads as _, Store as _},
    },
};
use parking_lot::Mutex;
use serde_json::{Value, json};
use testkit::SeededEntropy;
use tokio_util::sync::CancellationToken;

use crate::harness::{Browser, Harness, SOON, address, eventually};

pub(crate) const ISSUER: &str = "https://idp.example";
pub(crate) const BACK: &str = "https://docklet.example/oidc/lab/callback";

/// A provider that answers what the test has written.
#[derive(Default)]
pub(crate) struct Scripted {
    /// What the next sign-in is told.
    pub(crate) signs_in: Mutex<Option<Verified>>,
    /// What the last sign-in was to be newer than.
    pub(crate) since: Mutex<Option<DateTime<Utc>>>,
    /// What refreshes are told, one after the other.
    pub(crate) answers: Mutex<VecDeque<Result<Refreshed, IdentityError>>>,
    /// The refresh tokens it was shown.
    pub(crate) shown: Mutex<Vec<String>>,
    pub(crate) order: Mutex<Option<LogoutOrder>>,
    /// Never says where it signs people out.
    pub(crate) hangs: AtomicBool,
}

#[async_trait]
impl IdentityProviders for Scripted {
    async fn answers(&self, _: &str) -> bool {
        true
    }

    /// The address is `state` alone, so that a test has it.
    async fn authorize_url(
        &self,
        _: &str,
        state: &str,
        _: &Secrets,
        _: &str,
        _: bool,
    ) -> Result<String, IdentityError> {
        Ok(state.to_owned())
    }

    async fn is_from(&self, _: &str, _: Option<&str>) -> Result<bool, IdentityError> {
        Ok(true)
    }

    async fn exchange(
        &self,
        _: &str,
        _: &str,
        _: &Secrets,
        _: &str,
        since: Option<DateTime<Utc>>,
    ) -> Result<Verified, IdentityError> {
        *self.since.lock() = since;
        Ok(self.signs_in.lock().clone().expect("a sign-in is written"))
    }

    async fn refresh(&self, _: &str, token: &str, _: &str) -> Result<Refreshed, IdentityError> {
        self.shown.lock().push(token.to_owned());
        self.answers.lock().pop_front().expect("an answer is written")
    }

    async fn logout_url(&self, _: &str, _: Option<&str>, back: &str) -> Result<Option<String>, IdentityError> {
        if self.hangs.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        Ok(Some(format!("{ISSUER}/end?back={back}")))
    }

    async fn verify_logout(&self, _: &str, _: &str) -> Result<LogoutOrder, IdentityError> {
        Ok(self.order.lock().clone().expect("an order"))
    }
}

/// Legible, and good in one place only.
struct Envelope;

impl Seal for Envelope {
    fn seal(&self, text: &str, place: &str) -> String {
        format!("{place}|{text}")
    }

    fn open(&self, sealed: &str, place: &str) -> Option<String> {
        sealed.strip_prefix(place)?.strip_prefix('|').map(str::to_owned)
    }
}

pub(crate) struct Lab {
    pub(crate) harness: Harness,
    pub(crate) provider: Arc<Scripted>,
    pub(crate) federation: Federation,
}

pub(crate) fn claims(value: Value) -> Claims {
    let Value::Object(map) = value else { panic!("an object") };
    Claims(map)
}

/// `ada`, with a refresh token `t-1` that is good for five minutes.
pub(crate) fn verified(told: Value) -> Verified {
    Verified {
        issuer: ISSUER.into(),
        subject: "ada".into(),
        claims: claims(told),
        session: Some("sid-1".into()),
        id_token: Some("id".into()),
        refresh_token: Some("t-1".into()),
        expires_in: Some(Duration::from_secs(300)),
    }
}

pub(crate) fn rules() -> ProviderRules {
    ProviderRules {
        name: "lab".into(),
        label: "Lab".into(),
        issuer: ISSUER.into(),
        admin_if: None,
        group_if: Vec::new(),
        required: None,
        allowed_domains: Vec::new(),
        first_sign_in: control::federation::FirstSignIn::Active,
    }
}

impl Lab {
    pub(crate) async fn new(provider_rules: ProviderRules, local: bool) -> Self {
        let mut harness = Harness::new().await;
        let provider = Arc::new(Scripted::default());
        let federation = Federation::new(
            Arc::new(harness.store.clone()),
            Arc::new(harness.clock.clone()),
            Arc::new(SeededEntropy::default()),
            Outside { providers: provider.clone(), seal: Arc::new(Envelope) },
            Rules { local, providers: vec![provider_rules] },
        );
        harness.control = harness.control.clone().with_federation(federation.clone());
        Self { harness, provider, federation }
    }

    /// What becomes of a sign-in in which the provider says this.
    pub(crate) async fn finish(&self, who: Verified) -> Result<Finished, Refusal> {
        self.finish_wish(Wish::SignIn, None, who).await
    }

    /// The same of anything that a provider is wanted for; `back` is the actor in the browser that comes back.
    pub(crate) async fn finish_wish(
        &self,
        wish: Wish<'_>,
        back: Option<&Actor>,
        who: Verified,
    ) -> Result<Finished, Refusal> {
        *self.provider.signs_in.lock() = Some(who);
        let begin = Begin { provider: "lab", next: "/", back: BACK, browser: None, address: address(), wish };
        let begun = self.federation.begin(begin).await?;
        let callback = Callback {
            provider: "lab",
            state: Some(&begun.address),
            code: Some("code"),
            browser: Some(&begun.browser),
            actor: back,
            ..Callback::default()
        };
        self.federation.finish(callback).await
    }

    /// Signed in, with a session that stands on the provider's.
    pub(crate) async fn sign_in(&self, who: Verified) -> (Actor, Browser) {
        let Finished::SignedIn { user, grant, .. } = self.finish(who).await.expect("a sign-in") else {
            panic!("a sign-in links nothing");
        };
        let actor = Actor::of(user).expect("not locked");
        let browser = self.harness.sign_in(&actor).await;
        self.federation.keep(&browser.key, &grant).await.expect("it is kept");
        (actor, browser)
    }

    pub(crate) fn answer(&self, answer: Result<Refreshed, IdentityError>) {
        self.provider.answers.lock().push_back(answer);
    }

    pub(crate) async fn is_alive(&self, browser: &Browser) -> bool {
        self.harness.store.provider_session(&browser.key).await.expect("an answer").is_some()
    }

    /// Time passes, and the provider is asked, once.
    pub(crate) async fn asked_after(&self, time: Duration) {
        self.harness.clock.advance(time);
        let before = self.provider.shown.lock().len();
        self.run_until("the provider is asked", async || self.provider.shown.lock().len() > before).await;
    }

    /// What is begun then is finished.
    pub(crate) async fn run_until(&self, what: &str, holds: impl AsyncFn() -> bool) {
        let stop = CancellationToken::new();
        let running = tokio::spawn(self.federation.clone().run(stop.clone()));
        eventually(what, SOON, async || holds().await).await;
        stop.cancel();
        running.await.expect("it ends in order");
    }

    /// This account is `subject` at the provider.
    pub(crate) async fn give_identity(&self, actor: &Actor, subject: &str) {
        let now = self.harness.clock.now();
        let identity = Identity {
            issuer: ISSUER.into(),
            subject: subject.into(),
            user: actor.user,
            provider: "lab".into(),
            shown: subject.into(),
            created_at: now,
            last_sign_in: now,
        };
        let mut tx = self.harness.store.begin().await.expect("a transaction");
        tx.insert_identity(&identity).await.expect("a new identity");
        tx.commit().await.expect("a commit");
    }
}

pub(crate) fn people() -> Value {
    json!({"preferred_username": "ada-l", "groups": ["people"]})
}
