//! Logout tokens: any stranger can send one.

use control::ports::{
    clock::Clock as _,
    identity::{Distrust, IdentityProviders as _, LogoutOrder},
};
use openidconnect::core::CoreJwsSigningAlgorithm as Alg;
use serde_json::{Value, json};

use crate::provider::{Hostile, KEY, encode, new_key, published, replaced, sign, sign_with_secret, why};

fn order(hostile: &Hostile, different: &Value) -> Value {
    let events = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    let claims = hostile.claims(&json!({"nonce": null, "events": events, "sid": "s-1", "jti": "1"}));
    replaced(claims, different)
}

#[tokio::test]
async fn a_good_order_names_the_session() {
    let hostile = Hostile::start().await;
    let token = hostile.signed(&order(&hostile, &json!({})));
    let believed = hostile.providers.verify_logout("lab", &token).await.expect("a good order");
    let expected =
        LogoutOrder { issuer: hostile.issuer.clone(), subject: Some("ada".into()), session: Some("s-1".into()) };
    assert_eq!(believed, expected);
}

#[tokio::test]
async fn orders_that_are_none_are_not_believed() {
    let hostile = Hostile::start().await;
    let now = hostile.clock.now().timestamp();
    for (different, expected) in [
        (json!({"events": null}), Distrust::Content),
        (json!({"events": {"other": {}}}), Distrust::Content),
        (json!({"nonce": "n"}), Distrust::Content),
        (json!({"sub": null, "sid": null}), Distrust::Content),
        (json!({"iat": null}), Distrust::Content),
        (json!({"iss": "https://evil.example"}), Distrust::Issuer),
        (json!({"aud": "another"}), Distrust::Audience),
        (json!({"exp": now - 61}), Distrust::Time),
        (json!({"iat": now + 90}), Distrust::Time),
        (json!({"iat": now - 700, "exp": null}), Distrust::Time),
    ] {
        let token = hostile.signed(&order(&hostile, &different));
        assert_eq!(why(hostile.providers.verify_logout("lab", &token).await), Some(expected), "{different}");
    }
    // The last second that a calendar knows.
    let for_ever = hostile.signed(&order(&hostile, &json!({"exp": 8_210_266_876_799_i64})));
    hostile.providers.verify_logout("lab", &for_ever).await.expect("it is not over");
    let id_token = hostile.signed(&hostile.claims(&json!({})));
    assert_eq!(why(hostile.providers.verify_logout("lab", &id_token).await), Some(Distrust::Content), "an ID token");
}

#[tokio::test]
async fn orders_that_the_provider_has_not_signed_are_not_believed() {
    let hostile = Hostile::start().await;
    let claims = order(&hostile, &json!({}));
    let (other, _) = new_key(KEY);
    let of_kind = |kind: &str| sign(&other, &Alg::EdDsa, &json!({"alg": "EdDSA", "kid": KEY, "typ": kind}), &claims);
    let mut forged = vec![
        format!("{}.{}.", encode(&json!({"alg": "none"})), encode(&claims)),
        of_kind("logout+jwt"),
        of_kind("at+jwt"),
        sign(&other, &Alg::EdDsa, &json!({"alg": "EdDSA", "kid": KEY, "crit": ["x"]}), &claims),
    ];
    forged.extend(published(&hostile).iter().map(|bytes| sign_with_secret(bytes, &claims)));
    for token in forged {
        assert_eq!(why(hostile.providers.verify_logout("lab", &token).await), Some(Distrust::Signature), "{token}");
    }
    let fetched = hostile.script.lock().keys_fetched;
    assert!(fetched <= 2, "the keys were fetched {fetched} times for tokens that any stranger can send");
}
