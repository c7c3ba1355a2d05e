//! A program on another machine is let in by a person in a browser, and by nobody else.

use std::time::Duration;

use control::{
    Error,
    accounts::{Accounts, BegunSignIn},
    actor::Actor,
    ports::clock::Clock as _,
};
use domain::{
    SessionHandle,
    user::{Scope, Scopes},
};

use crate::harness::{Harness, address};

fn in_browser(harness: &Harness, actor: &Actor, digit: &str) -> Actor {
    let handle: SessionHandle = digit.repeat(32).parse().expect("a handle");
    actor.clone().in_session(handle).shown_at(Some(harness.clock.now()))
}

fn begun(accounts: &Accounts) -> BegunSignIn {
    accounts.begin_device(Some("hera"), None, address()).expect("a code")
}

#[tokio::test]
async fn an_approved_program_gets_a_token_that_is_named_after_its_machine() {
    let harness = Harness::new().await;
    let (accounts, ada) = (&harness.control.accounts, in_browser(&harness, &harness.ada, "a"));
    let begun = begun(accounts);
    assert!(matches!(accounts.ask_device(&begun.device_code).await, Err(Error::SignInPending)));
    let typed = begun.user_code.to_lowercase().replace('-', "");
    let pending = accounts.pending_device(&ada, &typed).expect("it waits");
    assert_eq!((pending.code, pending.name.as_str(), pending.address), (begun.user_code.clone(), "hera", address()));
    let confirmed = accounts.confirm(&ada).expect("a moment ago");
    for days in [-1, 0, 367] {
        let refused = accounts.approve_device(confirmed, &typed, days, Scopes::USUAL).await;
        assert!(matches!(&refused, Err(Error::Invalid(faults)) if faults[0].field == "days"), "{refused:?}");
    }
    accounts.approve_device(confirmed, &typed, 90, Scopes::USUAL).await.expect("it waits");
    harness.clock.advance(begun.interval);
    let granted = accounts.ask_device(&begun.device_code).await.expect("a token");
    assert_eq!(accounts.actor_by_token(&granted.text).await.expect("it is good").user, ada.user);
    let tokens = accounts.my_tokens(&ada).await.expect("a list");
    assert_eq!((tokens.len(), tokens[0].name.as_str()), (1, "hera"));
    assert_eq!((tokens[0].expires_at - tokens[0].created_at).num_days(), 90);
    harness.clock.advance(begun.interval);
    assert!(matches!(accounts.ask_device(&begun.device_code).await, Err(Error::CodeExpired)), "once");
    let again = accounts.approve_device(confirmed, &typed, 90, Scopes::USUAL).await;
    assert!(matches!(again, Err(Error::CodeExpired)), "{again:?}");
    assert_eq!(accounts.my_tokens(&ada).await.expect("a list").len(), 1);
}

#[tokio::test]
async fn what_a_program_asks_for_is_shown_and_its_person_decides() {
    let harness = Harness::new().await;
    let (accounts, ada) = (&harness.control.accounts, in_browser(&harness, &harness.ada, "a"));
    for scope in ["", "root", "read,ssh", "read  ssh"] {
        let refused = accounts.begin_device(Some("\n"), Some(scope), address());
        let Err(Error::Invalid(faults)) = refused else { panic!("{scope:?}: {refused:?}") };
        assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["name", "scope"], "{scope:?}");
    }
    let usual = accounts.begin_device(None, None, address()).expect("a code");
    let shown = |code: &str| accounts.pending_device(&ada, code).expect("it waits").scopes;
    assert_eq!(shown(&usual.user_code), Scopes::USUAL, "where nothing is said");
    let begun = accounts.begin_device(None, Some("admin ssh"), address()).expect("a code");
    assert_eq!(shown(&begun.user_code), Scopes::of(&[Scope::Ssh, Scope::Admin]));
    let confirmed = accounts.confirm(&ada).expect("a moment ago");
    let refused = accounts.approve_device(confirmed, &begun.user_code, 7, shown(&begun.user_code)).await;
    assert!(matches!(&refused, Err(Error::Invalid(faults)) if faults[0].field == "scopes"), "she is none: {refused:?}");
    let decided = Scopes::of(&[Scope::Vclusters]);
    accounts.approve_device(confirmed, &begun.user_code, 7, decided).await.expect("it still waits");
    let granted = accounts.ask_device(&begun.device_code).await.expect("a token");
    assert_eq!(granted.scopes, decided);
    assert_eq!(accounts.actor_by_token(&granted.text).await.expect("it is good").scopes, decided);
}

#[tokio::test]
async fn who_is_locked_before_the_token_is_fetched_has_approved_nothing() {
    let harness = Harness::new().await;
    let (accounts, ada) = (&harness.control.accounts, in_browser(&harness, &harness.ada, "a"));
    let begun = begun(accounts);
    let confirmed = accounts.confirm(&ada).expect("a moment ago");
    accounts.approve_device(confirmed, &begun.user_code, 7, Scopes::USUAL).await.expect("it waits");
    assert!(accounts.my_tokens(&ada).await.expect("a list").is_empty(), "nothing is made before it is fetched");
    accounts.set_locked("ada", true).await.expect("ada exists");
    assert!(matches!(accounts.ask_device(&begun.device_code).await, Err(Error::SignInDenied)));
}

#[tokio::test]
async fn only_a_person_in_a_browser_answers_and_approving_needs_a_fresh_sign_in() {
    let harness = Harness::new().await;
    let (accounts, ada) = (&harness.control.accounts, in_browser(&harness, &harness.ada, "a"));
    let begun = begun(accounts);
    for refused in [
        accounts.pending_device(&harness.ada, &begun.user_code).map(drop),
        accounts.deny_device(&harness.ada, &begun.user_code),
    ] {
        assert!(matches!(refused, Err(Error::NeedsSession)), "{refused:?}");
    }
    let stale = ada.shown_at(None);
    assert!(matches!(accounts.confirm(&stale), Err(Error::SignInAgain(_))));
    accounts.deny_device(&stale, &begun.user_code).expect("that gives nobody access");
    assert!(matches!(accounts.ask_device(&begun.device_code).await, Err(Error::SignInDenied)));
}

#[tokio::test]
async fn a_name_that_is_none_is_refused_and_a_code_ends_with_its_time() {
    let harness = Harness::new().await;
    let (accounts, ada) = (&harness.control.accounts, in_browser(&harness, &harness.ada, "a"));
    for name in ["", "a\nb", &"x".repeat(41)] {
        let refused = accounts.begin_device(Some(name), None, address());
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
    let begun = accounts.begin_device(None, None, address()).expect("a code");
    assert_eq!(accounts.pending_device(&ada, &begun.user_code).expect("it waits").name, "command line");
    harness.clock.advance(begun.expires_in - Duration::from_secs(1));
    accounts.pending_device(&ada, &begun.user_code).expect("it waits");
    harness.clock.advance(Duration::from_secs(1));
    for refused in [
        accounts.pending_device(&ada, &begun.user_code).map(drop),
        accounts.ask_device(&begun.device_code).await.map(drop),
        accounts.ask_device("not a code").await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::CodeExpired)), "{refused:?}");
    }
}
