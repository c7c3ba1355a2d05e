//! Signing in, tokens and locks.

use std::{net::IpAddr, time::Duration};

use crate::harness::{Harness, address};
use control::{
    Error,
    accounts::{Device, Knock},
    actor::{Actor, UsedToken},
};
use domain::user::{Role, Scopes};

#[tokio::test]
async fn the_right_password_signs_in_and_nothing_else_does() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let user = accounts.sign_in("ada", "correct horse", address()).await.expect("the right password");
    assert_eq!(user.id, harness.ada.user);
    for (name, password) in [("ada", "wrong"), ("nobody", "correct horse"), ("", ""), ("ada\0", "correct horse")] {
        let refused = accounts.sign_in(name, password, address()).await;
        assert!(matches!(refused, Err(Error::SignInFailed)), "{name:?}");
    }
}

#[tokio::test]
async fn failures_cost_growing_waits_that_end_by_themselves() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let fail = async || accounts.sign_in("ada", "wrong", address()).await.expect_err("the wrong password");
    for _ in 0..5 {
        assert!(matches!(fail().await, Error::SignInFailed));
    }
    let wait = async || match accounts.sign_in("ada", "correct horse", address()).await {
        Err(Error::TooManyAttempts { wait }) => wait,
        other => panic!("must wait: {other:?}"),
    };
    assert_eq!(wait().await, Duration::from_secs(1));
    harness.clock.advance(Duration::from_secs(1));
    assert!(matches!(fail().await, Error::SignInFailed));
    assert_eq!(wait().await, Duration::from_secs(2), "the next wait is twice as long");
    let elsewhere = IpAddr::from([198, 51, 100, 1]);
    accounts.sign_in("ada", "correct horse", elsewhere).await.expect("ada herself, from elsewhere");
    harness.clock.advance(Duration::from_secs(2));
    accounts.sign_in("ada", "correct horse", address()).await.expect("never locked out for good");
}

/// All are let into the queue when the wait is over; those behind the first failure must wait again.
#[tokio::test]
async fn many_guesses_at_once_are_no_more_than_the_few_that_are_checked_at_the_same_time() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    for _ in 0..6 {
        let _waits_or_fails = accounts.sign_in("ada", "wrong", address()).await;
    }
    harness.clock.advance(Duration::from_secs(600));
    let guesses = futures::future::join_all((0..30).map(|_| accounts.sign_in("ada", "wrong", address()))).await;
    let checked = guesses.iter().filter(|guess| matches!(guess, Err(Error::SignInFailed))).count();
    let refused = |guess: &&Result<_, Error>| matches!(guess, Err(Error::TooManyAttempts { .. } | Error::Busy));
    let refused = guesses.iter().filter(refused).count();
    assert!((1..=2).contains(&checked) && checked + refused == 30, "{checked} checked, {refused} refused");
}

/// A lecture hall has one address; one of them must not keep the others out.
#[tokio::test]
async fn guesses_from_a_shared_address_keep_nobody_else_behind_it_waiting() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    for number in 0..80 {
        let guess = accounts.sign_in(&format!("name-{number}"), "wrong", address()).await;
        assert!(matches!(guess, Err(Error::SignInFailed)), "{guess:?}");
    }
    for _ in 0..40 {
        let _waits_or_fails = accounts.sign_in("bob", "wrong", address()).await;
    }
    accounts.sign_in("ada", "correct horse", address()).await.expect("she has done nothing");
}

/// Each stranger pays for going on; what they do adds nothing to what a newcomer waits for.
#[tokio::test]
async fn strangers_keep_no_owner_waiting_wherever_they_guess_from() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let stranger = |n: u8| IpAddr::from([203, 0, 113, n]);
    let mut checked = 0;
    for _ in 0..30 {
        for n in 0..20 {
            let guess = accounts.sign_in("ada", "wrong", stranger(n)).await;
            checked += u32::from(matches!(guess, Err(Error::SignInFailed)));
        }
        harness.clock.advance(Duration::from_secs(60));
    }
    assert!(checked <= 100, "in half an hour {checked} guesses were checked");
    accounts.sign_in("ada", "correct horse", address()).await.expect("from an address of her own");
    let device = Some(Device { user: harness.ada.user, id: "notebook".into() });
    let beside = Knock { address: stranger(1), device: device.clone() };
    accounts.sign_in("ada", "correct horse", beside.clone()).await.expect("her own browser, beside a stranger");
    for n in 20..250 {
        let _waits_or_fails = accounts.sign_in("ada", "wrong", stranger(n)).await;
    }
    let far = IpAddr::from([198, 51, 100, 1]);
    let newcomer = accounts.sign_in("ada", "correct horse", far).await;
    assert!(
        matches!(newcomer, Err(Error::TooManyAttempts { wait }) if wait <= Duration::from_secs(15)),
        "{newcomer:?}"
    );
    accounts.sign_in("ada", "correct horse", beside).await.expect("her own browser, during a flood");
    let bobs = Knock { address: far, device };
    let other = accounts.sign_in("bob", "wrong", bobs).await;
    assert!(matches!(other, Err(Error::SignInFailed)), "a browser is known to its own account only");
}

#[tokio::test]
async fn guessing_in_a_known_browser_costs_waits_as_well() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let device = Some(Device { user: harness.ada.user, id: "stolen".into() });
    let knock = Knock { address: address(), device };
    for _ in 0..5 {
        let _wrong = accounts.sign_in("ada", "wrong", knock.clone()).await;
    }
    let waits = accounts.sign_in("ada", "correct horse", knock).await;
    assert!(matches!(waits, Err(Error::TooManyAttempts { .. })), "{waits:?}");
    accounts.sign_in("ada", "correct horse", address()).await.expect("another browser");
}

/// A right password is never slowed down, but does not fill the queue either.
#[tokio::test]
async fn one_account_takes_only_its_share_of_the_queue() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let ada = (0..100).map(|_| accounts.sign_in("ada", "correct horse", address()));
    let bob = async {
        tokio::task::yield_now().await;
        accounts.sign_in("bob", "correct horse", address()).await
    };
    let (ada, bob) = futures::future::join(futures::future::join_all(ada), bob).await;
    bob.expect("there is a place for bob");
    // How many follow when the first have left depends on the machine.
    let busy = ada.iter().filter(|answer| matches!(answer, Err(Error::Busy))).count();
    assert!(busy > 0 && ada.iter().filter(|answer| answer.is_ok()).count() + busy == 100, "{busy} were refused");
}

#[tokio::test]
async fn a_locked_user_is_nobody() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let token = accounts.issue_token("ada", Duration::from_secs(60)).await.expect("a token");
    accounts.set_locked("ada", true).await.expect("ada exists");
    assert!(matches!(accounts.sign_in("ada", "correct horse", address()).await, Err(Error::SignInFailed)));
    assert_eq!(accounts.actor(harness.ada.user).await.expect("an answer"), None);
    assert!(matches!(accounts.actor_by_token(&token.text).await, Err(Error::BadToken)));
    accounts.set_locked("ada", false).await.expect("ada exists");
    assert!(accounts.actor_by_token(&token.text).await.is_ok());
}

#[tokio::test]
async fn tokens_end_by_time_and_by_hand_and_malformed_ones_are_none() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let issued = accounts.issue_token("ada", Duration::from_secs(60)).await.expect("a token");
    assert!(issued.text.starts_with("dkl_") && !format!("{issued:?}").contains(&issued.text));
    let used = UsedToken { id: issued.token.id, name: "command line".into() };
    let by_token = Actor { token: Some(used), scopes: Scopes::USUAL, ..harness.ada.clone() };
    assert_eq!(accounts.actor_by_token(&issued.text).await.expect("a valid token"), by_token);
    let revoked = accounts.issue_token("ada", Duration::from_secs(60)).await.expect("a token");
    accounts.revoke_token(&revoked.text).await.expect("it exists");
    harness.clock.advance(Duration::from_secs(60));
    let changed = issued.text.replace("dkl_", "dkx_");
    for bad in [issued.text.as_str(), revoked.text.as_str(), "", "dkl_", "dkl_../../etc", changed.as_str()] {
        assert!(matches!(accounts.actor_by_token(bad).await, Err(Error::BadToken)), "{bad}");
    }
    assert!(matches!(accounts.issue_token("ada", Duration::ZERO).await, Err(Error::Invalid(_))));
    assert!(matches!(accounts.issue_token("eve", Duration::from_secs(1)).await, Err(Error::NoSuchUser(_))));
}

#[tokio::test]
async fn users_are_added_once_with_a_chosen_or_a_generated_password() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let carol = accounts.add_user("carol", None, Role::User).await.expect("a new user");
    let password = carol.generated.expect("a generated password");
    accounts.sign_in("carol", &password, address()).await.expect("it works");
    assert!(matches!(accounts.add_user("carol", None, Role::User).await, Err(Error::UserTaken(_))));
    assert!(matches!(accounts.add_user("dave", Some("short"), Role::User).await, Err(Error::Invalid(_))));
    accounts.set_password("carol", Some("another horse")).await.expect("carol exists");
    assert!(accounts.sign_in("carol", &password, address()).await.is_err());
    assert_eq!(accounts.ensure_admin().await.expect("an answer"), None, "there are users already");
}
