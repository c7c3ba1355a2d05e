//! Signing out: sending browsers to the provider, and believing the provider when it says that a person has.
//!
//! openidconnect does not know logout tokens; their signature is verified with its keys, the rest is here (OpenID Connect
//! Back-Channel Logout 1.0, section 2.6).

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use control::ports::identity::{Distrust, IdentityError, LogoutOrder};
use openidconnect::{
    JsonWebKey as _, JsonWebKeyAlgorithm, JsonWebKeyUse as _, JwsSigningAlgorithm as _,
    core::{CoreJsonWebKey, CoreJwsSigningAlgorithm},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    known::{Known, Provider, Sender, is_as_safe_as},
    trust::{ALGORITHMS, SKEW, is_not_ahead},
};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const LONGEST: usize = 16 * 1024;
/// How old an order may be where it does not say when it ends: it could be sent again and again.
const GOOD_FOR: TimeDelta = TimeDelta::minutes(10);

#[derive(Deserialize)]
struct Header {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Order {
    iss: String,
    aud: OneOrMore,
    iat: i64,
    exp: Option<i64>,
    sub: Option<String>,
    sid: Option<String>,
    nonce: Option<Value>,
    #[serde(default)]
    events: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

enum Signature {
    Good,
    /// No key fits; the provider may have others by now.
    UnknownKey,
    Bad(&'static str),
}

impl Provider {
    pub(crate) async fn logout_url(&self, id_token: Option<&str>, back: &str) -> Result<Option<String>, IdentityError> {
        let known = self.known().await?;
        let Some(address) = &known.metadata.additional_metadata().end_session_endpoint else { return Ok(None) };
        let mut address: openidconnect::url::Url =
            address.parse().map_err(|fault| IdentityError::untrusted(Distrust::Content, fault))?;
        // The ID token goes there.
        if !is_as_safe_as(&self.settings.issuer, address.scheme()) {
            let fault = "its end_session_endpoint is no web address, or one without TLS";
            return Err(IdentityError::untrusted(Distrust::Content, fault));
        }
        let mut query = address.query_pairs_mut();
        query.append_pair("client_id", &self.settings.client_id).append_pair("post_logout_redirect_uri", back);
        if let Some(id_token) = id_token {
            query.append_pair("id_token_hint", id_token);
        }
        drop(query);
        Ok(Some(address.into()))
    }

    pub(crate) async fn verify_logout(&self, token: &str) -> Result<LogoutOrder, IdentityError> {
        let bad = |fault: &'static str| IdentityError::untrusted(Distrust::Content, fault);
        if token.len() > LONGEST {
            return Err(bad("the logout token is too long"));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or_else(|| bad("the logout token is no JWT"))?;
        let (header, claims) = signed.split_once('.').ok_or_else(|| bad("the logout token is no JWT"))?;
        let header: Header = part(header).ok_or_else(|| bad("the logout token's header cannot be read"))?;
        let order: Order = part(claims).ok_or_else(|| bad("the logout token's claims cannot be read"))?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| bad("the logout token is no JWT"))?;
        self.check_signature(&header, signed.as_bytes(), &signature, &order.iss).await?;
        self.check_order(&order)?;
        Ok(LogoutOrder { issuer: order.iss, subject: order.sub, session: order.sid })
    }

    async fn check_signature(
        &self,
        header: &Header,
        signed: &[u8],
        signature: &[u8],
        issuer: &str,
    ) -> Result<(), IdentityError> {
        let bad = |fault: &'static str| IdentityError::untrusted(Distrust::Signature, fault);
        if !ALGORITHMS.contains(&header.alg) || header.crit.is_some() {
            return Err(bad("the logout token is signed in a way that is not accepted"));
        }
        let kind = header.typ.as_deref().map(str::to_ascii_lowercase);
        if !matches!(
            kind.as_deref().map(|kind| kind.trim_start_matches("application/")),
            None | Some("jwt" | "logout+jwt")
        ) {
            return Err(bad("the token is of another kind"));
        }
        // Before a stranger can have us fetch keys.
        if issuer != self.settings.issuer {
            return Err(IdentityError::untrusted(Distrust::Issuer, "the logout token is another provider's"));
        }
        let known: Arc<Known> = self.known().await?;
        match verify(&known, header, signed, signature) {
            Signature::Good => Ok(()),
            Signature::Bad(fault) => Err(bad(fault)),
            Signature::UnknownKey => match self.newer(&known, Sender::Anybody).await? {
                Some(newer) if matches!(verify(&newer, header, signed, signature), Signature::Good) => Ok(()),
                _ => Err(bad("no key of the provider has signed it")),
            },
        }
    }

    fn check_order(&self, order: &Order) -> Result<(), IdentityError> {
        let content = |fault: &'static str| IdentityError::untrusted(Distrust::Content, fault);
        let for_us = match &order.aud {
            OneOrMore::One(audience) => *audience == self.settings.client_id,
            OneOrMore::More(all) => all.contains(&self.settings.client_id),
        };
        if !for_us {
            return Err(IdentityError::untrusted(Distrust::Audience, "the logout token is for another application"));
        }
        if !order.events.get(EVENT).is_some_and(Value::is_object) || order.nonce.is_some() {
            return Err(content("the token is no logout token"));
        }
        if order.sub.is_none() && order.sid.is_none() {
            return Err(content("the logout token names neither subject nor session"));
        }
        check_times(order, self.clock.now()).map_err(|fault| IdentityError::untrusted(Distrust::Time, fault))
    }
}

fn check_times(order: &Order, now: DateTime<Utc>) -> Result<(), String> {
    let time = |seconds| DateTime::from_timestamp(seconds, 0).ok_or("it has a time that is none".to_owned());
    let issued = time(order.iat)?;
    is_not_ahead(issued, now)?;
    let ends = order.exp.map_or(Ok(issued + GOOD_FOR), time)?;
    // This way round: the provider may name a time nothing can be added to.
    if now - SKEW < ends { Ok(()) } else { Err("it is too old".into()) }
}

fn verify(known: &Known, header: &Header, signed: &[u8], signature: &[u8]) -> Signature {
    let fits = |key: &&CoreJsonWebKey| {
        let named = header.kid.as_deref().is_none_or(|kid| key.key_id().is_some_and(|id| id.as_str() == kid));
        let for_signing = key.key_use().is_none_or(|purpose| purpose.allows_signature());
        let for_this = match key.signing_alg() {
            JsonWebKeyAlgorithm::Unspecified => true,
            JsonWebKeyAlgorithm::Algorithm(algorithm) => *algorithm == header.alg,
            JsonWebKeyAlgorithm::Unsupported => false,
        };
        named && for_signing && for_this && header.alg.key_type().as_ref() == Some(key.key_type())
    };
    let keys: Vec<&CoreJsonWebKey> = known.keys().keys().iter().filter(fits).collect();
    match keys.as_slice() {
        [] => Signature::UnknownKey,
        [key] => match key.verify_signature(&header.alg, signed, signature) {
            Ok(()) => Signature::Good,
            Err(_) => Signature::UnknownKey,
        },
        _ => Signature::Bad("more than one key could have signed it"),
    }
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
