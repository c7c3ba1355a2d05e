//! A provider that says whatever a test wants it to, with keys of its own.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use control::ports::{
    clock::Clock,
    identity::{Distrust, IdentityError, IdentityProviders as _, Secrets, Verified},
};
use oidc::{Providers, Settings};
use openidconnect::{
    JsonWebKeyId, PrivateSigningKey,
    core::{CoreEdDsaPrivateSigningKey, CoreHmacKey, CoreJwsSigningAlgorithm as Alg},
};
use parking_lot::Mutex;
use rcgen::{KeyPair, PKCS_ED25519};
use serde_json::{Value, json};
use testkit::FakeClock;
use tokio::sync::{Semaphore, watch};

pub(crate) const CLIENT: &str = "docklet";
pub(crate) const SECRET: &str = "the client's secret of this test";
pub(crate) const KEY: &str = "key-1";

/// What it says at the moment.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) id_token: String,
    pub(crate) userinfo: Value,
    /// In place of what the discovery document has.
    pub(crate) discovery: Value,
    /// Answers every request for a token with this.
    pub(crate) token_answer: Option<(StatusCode, HeaderMap, String)>,
    /// Answers every request for userinfo with this.
    pub(crate) userinfo_answer: Option<(StatusCode, String)>,
    /// Comes with tokens.
    pub(crate) refresh_token: Option<String>,
    /// While it is held, no discovery document is sent.
    pub(crate) gate: Arc<tokio::sync::Mutex<()>>,
    /// Requests for a token wait here, each for one permit.
    pub(crate) line: Arc<Line>,
    /// How often the keys were fetched.
    pub(crate) keys_fetched: u32,
    keys: Vec<Value>,
}

/// Requests that wait until a test lets them go on.
pub(crate) struct Line {
    pub(crate) let_on: Semaphore,
    /// How many wait, and how many did at the most.
    pub(crate) waiting: watch::Sender<(usize, usize)>,
}

impl Line {
    fn open() -> Self {
        Self { let_on: Semaphore::new(Semaphore::MAX_PERMITS), waiting: watch::Sender::default() }
    }

    /// Requests wait until the test lets them go on.
    pub(crate) fn shut() -> Self {
        Self { let_on: Semaphore::new(0), ..Self::open() }
    }

    async fn pass(&self) {
        self.waiting.send_modify(|(now, most)| {
            *now += 1;
            *most = (*most).max(*now);
        });
        self.let_on.acquire().await.expect("it is never closed").forget();
        self.waiting.send_modify(|(now, _)| *now -= 1);
    }
}

pub(crate) struct Hostile {
    pub(crate) issuer: String,
    pub(crate) script: Arc<Mutex<Script>>,
    pub(crate) clock: FakeClock,
    pub(crate) providers: Providers,
    key: CoreEdDsaPrivateSigningKey,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A key, and what is published of it.
pub(crate) fn new_key(id: &str) -> (CoreEdDsaPrivateSigningKey, Value) {
    let pem = KeyPair::generate_for(&PKCS_ED25519).expect("a key").serialize_pem();
    let key = CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(id.into()))).expect("a key");
    let public = serde_json::to_value(key.as_verification_key()).expect("JSON");
    (key, public)
}

impl Hostile {
    pub(crate) async fn start() -> Self {
        let (key, public) = new_key(KEY);
        let script = Arc::new(Mutex::new(Script {
            id_token: String::new(),
            userinfo: json!({"sub": "ada"}),
            discovery: json!({}),
            token_answer: None,
            userinfo_answer: None,
            refresh_token: None,
            gate: Arc::default(),
            line: Arc::new(Line::open()),
            keys_fetched: 0,
            keys: vec![public],
        }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let routes = routes(issuer.clone()).with_state(script.clone());
        let server = tokio::spawn(async move { axum::serve(listener, routes).await.expect("it serves") });
        let clock = FakeClock::default();
        let settings = Settings {
            name: "lab".into(),
            issuer: issuer.clone(),
            client_id: CLIENT.into(),
            client_secret: Some(SECRET.into()),
            scopes: vec!["profile".into()],
            parameters: vec![("access_type".into(), "offline".into())],
        };
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let providers = Providers::new(vec![settings], &shared).expect("a client");
        Self { issuer, script, clock, providers, key, server }
    }

    /// From now on it signs with another key, and publishes no other.
    pub(crate) fn rotate(&mut self, id: &str) {
        let (key, public) = new_key(id);
        self.key = key;
        self.script.lock().keys = vec![public];
    }

    /// Claims that are good, with these in their place; `null` takes one away.
    pub(crate) fn claims(&self, different: &Value) -> Value {
        let now = self.clock.now().timestamp();
        let claims =
            json!({"iss": self.issuer, "sub": "ada", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": "n"});
        replaced(claims, different)
    }

    /// Signed with the provider's own key.
    pub(crate) fn signed(&self, claims: &Value) -> String {
        sign(&self.key, &Alg::EdDsa, &json!({"alg": "EdDSA", "kid": self.key_id()}), claims)
    }

    fn key_id(&self) -> Value {
        serde_json::to_value(self.key.as_verification_key()).expect("JSON")["kid"].clone()
    }

    /// What becomes of a sign-in to which the provider answers with this ID token.
    pub(crate) async fn sign_in_with(&self, id_token: String) -> Result<Verified, IdentityError> {
        self.sign_in_since(None, id_token).await
    }

    /// The same where the person was to sign in anew at this time.
    pub(crate) async fn sign_in_since(
        &self,
        since: Option<DateTime<Utc>>,
        id_token: String,
    ) -> Result<Verified, IdentityError> {
        self.script.lock().id_token = id_token;
        let secrets = Secrets { nonce: "n".into(), verifier: "v".repeat(43) };
        self.providers.exchange("lab", "code", &secrets, "http://localhost/oidc/lab/callback", since).await
    }
}

pub(crate) fn replaced(mut base: Value, different: &Value) -> Value {
    for (name, value) in different.as_object().expect("an object") {
        match value {
            Value::Null => drop(base.as_object_mut().expect("an object").remove(name)),
            value => base[name] = value.clone(),
        }
    }
    base
}

pub(crate) fn encode(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

pub(crate) fn sign<K>(key: &K, algorithm: &Alg, header: &Value, claims: &Value) -> String
where
    K: PrivateSigningKey<VerificationKey = openidconnect::core::CoreJsonWebKey>,
{
    let text = format!("{}.{}", encode(header), encode(claims));
    let signature = key.sign(algorithm, text.as_bytes()).expect("a signature");
    format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// With a shared secret, as every party that knows it can.
pub(crate) fn sign_with_secret(secret: &[u8], claims: &Value) -> String {
    let header = json!({"alg": "HS256", "kid": KEY});
    sign(&CoreHmacKey::new(secret.to_vec()), &Alg::HmacSha256, &header, claims)
}

/// What is published of the provider's key, as bytes that an attacker would take for a secret.
pub(crate) fn published(hostile: &Hostile) -> Vec<Vec<u8>> {
    let jwk = hostile.script.lock().keys[0].clone();
    let x = jwk["x"].as_str().expect("its public half").to_owned();
    vec![BASE64_URL_SAFE_NO_PAD.decode(&x).expect("base64"), x.into_bytes(), jwk.to_string().into_bytes()]
}

pub(crate) fn why<T: std::fmt::Debug>(result: Result<T, IdentityError>) -> Option<Distrust> {
    match result {
        Ok(_) => None,
        Err(IdentityError::Untrusted { why, .. }) => Some(why),
        Err(other) => panic!("{other:?}"),
    }
}

type Shared = State<Arc<Mutex<Script>>>;

fn routes(issuer: String) -> Router<Arc<Mutex<Script>>> {
    let discovery = move |State(script): Shared| {
        let issuer = issuer.clone();
        async move {
            let document = json!({
                "issuer": issuer, "authorization_endpoint": format!("{issuer}/auth"),
                "token_endpoint": format!("{issuer}/token"), "userinfo_endpoint": format!("{issuer}/me"),
                "jwks_uri": format!("{issuer}/jwks"), "response_types_supported": ["code"],
                "subject_types_supported": ["public"], "end_session_endpoint": format!("{issuer}/end"),
                "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none"],
            });
            let gate = script.lock().gate.clone();
            drop(gate.lock().await);
            let different = script.lock().discovery.clone();
            Json(replaced(document, &different))
        }
    };
    Router::new()
        .route("/.well-known/openid-configuration", get(discovery))
        .route("/jwks", get(jwks))
        .route("/token", post(token))
        .route("/me", get(userinfo))
}

async fn jwks(State(script): Shared) -> Json<Value> {
    let mut script = script.lock();
    script.keys_fetched += 1;
    Json(json!({"keys": script.keys}))
}

async fn userinfo(State(script): Shared) -> Response {
    let script = script.lock().clone();
    match script.userinfo_answer {
        Some(answer) => answer.into_response(),
        None => Json(script.userinfo).into_response(),
    }
}

async fn token(State(script): Shared) -> Response {
    let script = script.lock().clone();
    script.line.pass().await;
    match script.token_answer {
        Some((status, headers, body)) => (status, headers, body).into_response(),
        None => {
            let body = json!({"access_token": "a", "token_type": "Bearer", "id_token": script.id_token});
            let body = replaced(body, &json!({"refresh_token": script.refresh_token}));
            ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
        }
    }
}
