//! ID tokens that are forged, stale, or meant for another client or person.

use std::time::Duration;

use control::ports::{
    clock::Clock as _,
    identity::{Distrust, IdentityError, IdentityProviders as _, Secrets},
};
use openidconnect::core::CoreJwsSigningAlgorithm as Alg;
use serde_json::{Value, json};

use crate::provider::{Hostile, KEY, SECRET, encode, new_key, published, sign, sign_with_secret, why};

#[tokio::test]
async fn a_good_token_is_somebody_and_what_is_signed_counts_for_more_than_userinfo() {
    let hostile = Hostile::start().await;
    hostile.script.lock().userinfo = json!({"sub": "ada", "email": "ada@userinfo.example", "groups": ["people"]});
    let claims = hostile.claims(&json!({"email": "ada@signed.example", "sid": "s-1"}));
    let verified = hostile.sign_in_with(hostile.signed(&claims)).await.expect("a good token");
    assert_eq!((verified.issuer.as_str(), verified.subject.as_str()), (hostile.issuer.as_str(), "ada"));
    assert_eq!(verified.session.as_deref(), Some("s-1"));
    assert_eq!(verified.claims.text("email"), Some("ada@signed.example"));
    assert!(verified.claims.says("groups", "people"));
}

#[tokio::test]
async fn tokens_that_nobody_or_anybody_has_signed_are_not_believed() {
    let hostile = Hostile::start().await;
    let claims = hostile.claims(&json!({}));
    let unsigned = |header: Value| format!("{}.{}.", encode(&header), encode(&claims));
    let mut forged = vec![
        unsigned(json!({"alg": "none"})),
        unsigned(json!({"alg": "none", "kid": KEY})),
        unsigned(json!({"alg": "EdDSA", "kid": KEY})),
        sign_with_secret(SECRET.as_bytes(), &claims),
    ];
    // Key confusion: the public key as a shared secret.
    forged.extend(published(&hostile).iter().map(|bytes| sign_with_secret(bytes, &claims)));
    // Another's key under the name of ours, and ours with another's claims.
    let (other, _) = new_key(KEY);
    forged.push(sign(&other, &Alg::EdDsa, &json!({"alg": "EdDSA", "kid": KEY}), &claims));
    let good = hostile.signed(&claims);
    let (head, signature) = good.rsplit_once('.').expect("a JWT");
    let header = head.split_once('.').expect("a JWT").0;
    forged.push(format!("{header}.{}.{signature}", encode(&hostile.claims(&json!({"sub": "grace"})))));
    forged.push(format!("{head}."));
    for token in forged {
        assert_eq!(why(hostile.sign_in_with(token.clone()).await), Some(Distrust::Signature), "{token}");
    }
    assert_eq!(why(hostile.sign_in_with(good).await), None);
}

#[tokio::test]
async fn tokens_for_others_of_others_or_out_of_their_time_are_told_apart() {
    let hostile = Hostile::start().await;
    let now = hostile.clock.now().timestamp();
    for (different, expected) in [
        (json!({"iss": "https://evil.example"}), Some(Distrust::Issuer)),
        (json!({"iss": format!("{}/", hostile.issuer)}), Some(Distrust::Issuer)),
        (json!({"aud": "another"}), Some(Distrust::Audience)),
        (json!({"aud": ["docklet", "another"]}), Some(Distrust::Audience)),
        (json!({"aud": ["docklet"]}), None),
        (json!({"azp": "another"}), Some(Distrust::Audience)),
        (json!({"azp": "docklet"}), None),
        (json!({"nonce": "another"}), Some(Distrust::Nonce)),
        (json!({"nonce": null}), Some(Distrust::Nonce)),
        (json!({"exp": now - 61}), Some(Distrust::Time)),
        (json!({"exp": now - 30}), None),
        (json!({"iat": now + 90}), Some(Distrust::Time)),
        (json!({"iat": now + 30}), None),
        (json!({"nbf": now + 90}), Some(Distrust::Time)),
        (json!({"auth_time": now + 90}), Some(Distrust::Time)),
        (json!({"auth_time": now + 30}), None),
        (json!({"auth_time": now - 86_400}), None),
        (json!({"at_hash": "bm90IGl0cyBoYXNo"}), Some(Distrust::Content)),
    ] {
        let token = hostile.signed(&hostile.claims(&different));
        assert_eq!(why(hostile.sign_in_with(token).await), expected, "{different}");
    }
    let token = hostile.signed(&hostile.claims(&json!({})));
    hostile.clock.advance(Duration::from_secs(600));
    assert_eq!(why(hostile.sign_in_with(token).await), Some(Distrust::Time), "shown again later");
}

/// A provider that was to ask the person again, and has only looked at its own cookie.
#[tokio::test]
async fn an_earlier_sign_in_is_not_believed_where_a_new_one_was_asked_for() {
    let hostile = Hostile::start().await;
    let now = hostile.clock.now();
    for (different, expected) in [
        (json!({"auth_time": now.timestamp() - 3600}), Some(Distrust::Stale)),
        (json!({"auth_time": now.timestamp() - 61}), Some(Distrust::Stale)),
        (json!({"auth_time": 0}), Some(Distrust::Stale)),
        (json!({"auth_time": now.timestamp() + 90}), Some(Distrust::Time)),
        (json!({"auth_time": now.timestamp() - 30}), None),
        (json!({"auth_time": now.timestamp()}), None),
        // Not every provider says it.
        (json!({"auth_time": null}), None),
    ] {
        let token = hostile.signed(&hostile.claims(&different));
        assert_eq!(why(hostile.sign_in_since(Some(now), token).await), expected, "{different}");
    }
    // Only what is signed counts.
    hostile.script.lock().userinfo = json!({"sub": "ada", "auth_time": now.timestamp()});
    let token = hostile.signed(&hostile.claims(&json!({"auth_time": now.timestamp() - 3600})));
    assert_eq!(why(hostile.sign_in_since(Some(now), token).await), Some(Distrust::Stale));
}

#[tokio::test]
async fn people_who_are_to_show_again_who_they_are_are_asked_at_the_provider() {
    let hostile = Hostile::start().await;
    let secrets = Secrets { nonce: "n".into(), verifier: "v".repeat(43) };
    let address = async |again| {
        let back = "http://localhost/oidc/lab/callback";
        hostile.providers.authorize_url("lab", "s", &secrets, back, again).await.expect("an address")
    };
    let again = address(true).await;
    assert!(again.contains("prompt=login") && again.contains("max_age=0"), "{again}");
    let usual = address(false).await;
    assert!(!usual.contains("prompt") && !usual.contains("max_age"), "{usual}");
}

#[tokio::test]
async fn userinfo_about_somebody_else_is_no_userinfo() {
    let hostile = Hostile::start().await;
    for userinfo in [json!({"sub": "grace", "groups": ["admins"]}), json!({"groups": ["admins"]}), json!([])] {
        hostile.script.lock().userinfo = userinfo.clone();
        let token = hostile.signed(&hostile.claims(&json!({})));
        assert!(
            matches!(why(hostile.sign_in_with(token).await), Some(Distrust::Subject | Distrust::Content)),
            "{userinfo}"
        );
    }
}

#[tokio::test]
async fn a_refresh_that_answers_with_somebody_else_is_not_believed() {
    let hostile = Hostile::start().await;
    hostile.script.lock().id_token = hostile.signed(&hostile.claims(&json!({"sub": "grace"})));
    let refreshed = async || hostile.providers.refresh("lab", "r", "ada").await.expect("an answer");
    assert_eq!(why(refreshed().await.verified), Some(Distrust::Subject));
    hostile.script.lock().id_token = hostile.signed(&hostile.claims(&json!({"nonce": null})));
    let renewed = refreshed().await;
    assert_eq!(renewed.token, None, "not rotated: the old one stays");
    assert_eq!(why(renewed.verified), None);
}

#[tokio::test]
async fn a_discovery_document_of_another_issuer_is_not_believed() {
    let hostile = Hostile::start().await;
    hostile.script.lock().discovery = json!({"issuer": "https://evil.example"});
    let token = hostile.signed(&hostile.claims(&json!({})));
    assert_eq!(why(hostile.sign_in_with(token).await), Some(Distrust::Issuer));
    assert!(!hostile.providers.answers("lab").await);
}

#[tokio::test]
async fn people_are_sent_with_pkce_and_answers_of_another_issuer_are_not_its() {
    let hostile = Hostile::start().await;
    let secrets = Secrets { nonce: "the-nonce".into(), verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into() };
    let back = "http://localhost/oidc/lab/callback";
    let address = hostile.providers.authorize_url("lab", "the-state", &secrets, back, false).await.expect("an address");
    for part in [
        "response_type=code",
        "state=the-state",
        "nonce=the-nonce",
        "code_challenge_method=S256",
        // RFC 7636, appendix B.
        "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "scope=openid+profile",
        "access_type=offline",
    ] {
        assert!(address.contains(part), "{part}: {address}");
    }
    assert!(!address.contains(&secrets.verifier));
    let is_from = async |issuer| hostile.providers.is_from("lab", issuer).await.expect("it answers");
    assert!(is_from(None).await && is_from(Some(&hostile.issuer)).await);
    assert!(!is_from(Some("https://evil.example")).await);
    let unknown = hostile.providers.authorize_url("nowhere", "s", &secrets, back, false).await;
    assert!(matches!(unknown, Err(IdentityError::Unknown)));
}
