//! What a provider may cost: answers have a length, redirects are not followed, keys are not fetched for every token.

use axum::http::{HeaderMap, StatusCode, header};
use control::ports::identity::{IdentityError, IdentityProviders as _};
use openidconnect::core::CoreJwsSigningAlgorithm as Alg;
use serde_json::json;

use crate::provider::{Hostile, new_key, sign, why};

#[tokio::test]
async fn a_new_key_is_fetched_once_also_while_strangers_send_unknown_ones() {
    let mut hostile = Hostile::start().await;
    hostile.sign_in_with(hostile.signed(&hostile.claims(&json!({})))).await.expect("a good token");
    let (stranger, _) = new_key("stranger");
    let header = json!({"alg": "EdDSA", "kid": "stranger"});
    let forged = sign(&stranger, &Alg::EdDsa, &header, &hostile.claims(&json!({})));
    for _ in 0..50 {
        assert!(why(hostile.providers.verify_logout("lab", &forged).await).is_some());
    }
    assert_eq!(hostile.script.lock().keys_fetched, 2, "once at first, once for all of them");
    hostile.rotate("key-2");
    let token = hostile.signed(&hostile.claims(&json!({})));
    hostile.sign_in_with(token).await.expect("the provider's own new key is fetched all the same");
    assert_eq!(hostile.script.lock().keys_fetched, 3);
}

#[tokio::test]
async fn answers_without_end_or_that_lead_elsewhere_are_no_answers() {
    let hostile = Hostile::start().await;
    let answer = |status: StatusCode, headers: HeaderMap, body: String| {
        hostile.script.lock().token_answer = Some((status, headers, body));
        hostile.sign_in_with(String::new())
    };
    let endless = answer(StatusCode::OK, HeaderMap::new(), " ".repeat(1024 * 1024)).await;
    assert!(matches!(endless, Err(IdentityError::Unavailable(_))), "{endless:?}");
    let elsewhere =
        HeaderMap::from_iter([(header::LOCATION, format!("{}/jwks", hostile.issuer).parse().expect("a header"))]);
    let fetched = hostile.script.lock().keys_fetched;
    let led = answer(StatusCode::TEMPORARY_REDIRECT, elsewhere, String::new()).await;
    assert!(led.is_err(), "{led:?}");
    assert_eq!(hostile.script.lock().keys_fetched, fetched, "it was not followed");
    let trouble = answer(StatusCode::BAD_GATEWAY, HeaderMap::new(), "{\"error\": \"invalid_grant\"}".into()).await;
    assert!(matches!(trouble, Err(IdentityError::Unavailable(_))), "what a gateway says is not the provider's word");
    let refused = answer(StatusCode::BAD_REQUEST, HeaderMap::new(), "{\"error\": \"invalid_grant\"}".into()).await;
    assert!(matches!(&refused, Err(IdentityError::Refused(code)) if code == "invalid_grant"), "{refused:?}");
}

#[tokio::test]
async fn no_token_is_in_what_is_logged_of_an_answer_that_cannot_be_read() {
    let hostile = Hostile::start().await;
    let body = "{\"access_token\": [\"secret-token\"], \"token_type\": \"Bearer\"}";
    hostile.script.lock().token_answer = Some((StatusCode::OK, HeaderMap::new(), body.into()));
    let error = hostile.sign_in_with(String::new()).await.expect_err("no answer");
    let mut shown = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        shown += &format!(" {inner} {inner:?}");
        cause = inner.source();
    }
    assert!(!shown.contains("secret-token"), "{shown}");
}
