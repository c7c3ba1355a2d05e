//! What a provider may cost: answers have a length, redirects are not followed, keys are not fetched for every token.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, header};
use control::ports::identity::{IdentityError, IdentityProviders as _, Secrets};
use openidconnect::core::CoreJwsSigningAlgorithm as Alg;
use serde_json::json;

use crate::provider::{Hostile, Line, new_key, sign, why};

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

#[tokio::test]
async fn what_a_proxy_says_in_the_provider_s_place_is_no_refusal() {
    let hostile = Hostile::start().await;
    let answer = |status: u16, body: &str| {
        let status = StatusCode::from_u16(status).expect("a status");
        hostile.script.lock().token_answer = Some((status, HeaderMap::new(), body.into()));
        hostile.providers.refresh("lab", "t-1", "ada")
    };
    let json = "{\"error\": \"invalid_grant\"}";
    for (status, body) in
        [(429, json), (302, json), (503, json), (403, "<html>blocked</html>"), (404, "404"), (400, ""), (403, "")]
    {
        let answer = answer(status, body).await;
        assert!(matches!(answer, Err(IdentityError::Unavailable(_))), "{status} {body}: {answer:?}");
    }
    let refused = answer(401, "{\"error\": \"invalid_client\"}").await;
    assert!(matches!(&refused, Err(IdentityError::Refused(code)) if code == "invalid_client"), "{refused:?}");
}

#[tokio::test]
async fn a_new_refresh_token_is_told_whatever_is_wrong_with_the_rest_of_the_answer() {
    let hostile = Hostile::start().await;
    let good = hostile.signed(&hostile.claims(&json!({"nonce": null})));
    let foreign = hostile.signed(&hostile.claims(&json!({"sub": "grace"})));
    let late = hostile.signed(&hostile.claims(&json!({"exp": 1})));
    let trouble = Some((StatusCode::BAD_GATEWAY, String::new()));
    for (number, (id_token, userinfo, believed)) in
        [(&good, trouble, false), (&foreign, None, false), (&late, None, false), (&good, None, true)]
            .into_iter()
            .enumerate()
    {
        let token = format!("secret-{number}");
        {
            let mut script = hostile.script.lock();
            script.id_token.clone_from(id_token);
            script.userinfo_answer = userinfo;
            script.refresh_token = Some(token.clone());
        }
        let refreshed = hostile.providers.refresh("lab", "t-1", "ada").await.expect("an answer");
        assert_eq!(refreshed.verified.is_ok(), believed, "{number}: {refreshed:?}");
        assert!(!format!("{refreshed:?}").contains("secret"), "{refreshed:?}");
        assert_eq!(refreshed.token, Some(token));
    }
}

#[tokio::test]
async fn a_provider_too_slow_for_the_sign_in_page_is_not_too_slow_to_sign_in() {
    let hostile = Hostile::start().await;
    let gate = hostile.script.lock().gate.clone();
    let held = gate.lock().await;
    assert!(!hostile.providers.answers("lab").await, "the page does not wait for it");
    let secrets = Secrets { nonce: "n".into(), verifier: "v".repeat(43) };
    let begin = hostile.providers.authorize_url("lab", "state", &secrets, "http://localhost/back", false);
    let (address, ()) = tokio::join!(begin, async { drop(held) });
    assert!(address.expect("it has answered").contains("/auth?"));
    assert!(hostile.providers.answers("lab").await);
}

#[tokio::test]
async fn many_who_sign_in_at_once_are_answered_in_turn() {
    let hostile = Hostile::start().await;
    hostile.sign_in_with(hostile.signed(&hostile.claims(&json!({})))).await.expect("a good token");
    let line = Arc::new(Line::shut());
    hostile.script.lock().line = line.clone();
    let token = hostile.script.lock().id_token.clone();
    let everybody = futures::future::join_all((0..40).map(|_| hostile.sign_in_with(token.clone())));
    let one_by_one = async {
        let mut waiting = line.waiting.subscribe();
        for left in (1..=40_usize).rev() {
            waiting.wait_for(|(now, _)| *now == left.min(8)).await.expect("the line is there");
            line.let_on.add_permits(1);
        }
    };
    let (results, ()) = tokio::join!(everybody, one_by_one);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert_eq!(*line.waiting.borrow(), (0, 8), "no more than eight at a moment");
}
