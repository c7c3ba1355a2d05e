//! What administrators, and no other users, can do with people.

use std::time::Duration;

use control::{
    Error, Policy,
    accounts::{ChangePerson, NewPerson},
    actor::Actor,
    ports::store::PageRequest,
};
use domain::{quota::OwnLimits, user::Role};

use crate::harness::{Harness, address, order, policy};

const ALL: PageRequest<domain::name::UserName> = PageRequest { after: None, limit: 50 };

/// An administrator in a browser.
async fn admin(harness: &Harness, name: &str) -> Actor {
    let new = harness.control.accounts.add_user(name, Some("correct horse"), Role::Admin).await.expect("a user");
    let actor = Actor::of(new.user).expect("a user who is not locked");
    actor.in_session("f".repeat(32).parse().expect("a handle"))
}

/// The same one with an API token.
fn by_token(actor: &Actor) -> Actor {
    Actor { session: None, ..actor.clone() }
}

fn person(name: &str, role: Role) -> NewPerson {
    NewPerson { name: name.into(), role, password: None }
}

const fn locked(locked: bool) -> ChangePerson {
    ChangePerson { locked: Some(locked), role: None, group: None, limits: None }
}

const fn role(role: Role) -> ChangePerson {
    ChangePerson { role: Some(role), locked: None, group: None, limits: None }
}

#[tokio::test]
async fn for_everybody_else_there_is_nothing() {
    let harness = Harness::new().await;
    let (accounts, ada) = (&harness.control.accounts, &harness.ada);
    let refused = [
        accounts.people(ada, "", ALL).await.map(drop),
        accounts.person(ada, "bob").await.map(drop),
        accounts.add_person(ada, person("eve", Role::Admin)).await.map(drop),
        accounts.change_person(ada, "ada", role(Role::Admin)).await.map(drop),
        accounts.reset_password(ada, "bob", None).await.map(drop),
        accounts.sign_out_person(ada, "bob", true).await,
        harness.control.installation.hosts(ada).await.map(drop),
    ];
    assert!(refused.iter().all(|refused| matches!(refused, Err(Error::NotFound(_)))), "{refused:?}");
}

#[tokio::test]
async fn people_are_found_by_a_part_of_their_name_a_page_at_a_time() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let root = admin(&harness, "root").await;
    for name in ["anna_b", "annaxb", "hanna"] {
        accounts.add_person(&root, person(name, Role::User)).await.expect("a new user");
    }
    let names = async |search: &str, page| {
        let people = accounts.people(&root, search, page).await.expect("a list");
        people.into_iter().map(|person| person.user.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names("", ALL).await, ["ada", "anna_b", "annaxb", "bob", "hanna", "root"]);
    assert_eq!(names(" ANNA ", ALL).await, ["anna_b", "annaxb", "hanna"]);
    assert_eq!(names("a_b", ALL).await, ["anna_b"], "an underscore is a letter, not any letter");
    assert_eq!(names("%", ALL).await, Vec::<String>::new());
    let behind = PageRequest { after: Some("annaxb".parse().expect("a name")), limit: 2 };
    assert_eq!(names("", behind).await, ["bob", "hanna"]);
}

#[tokio::test]
async fn somebody_new_signs_in_with_the_password_that_is_shown_once() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let root = admin(&harness, "root").await;
    let added = accounts.add_person(&root, person("carol", Role::User)).await.expect("a new user");
    let password = added.generated.expect("a generated password");
    accounts.sign_in("carol", &password, address()).await.expect("it works");
    let seen = accounts.person(&root, "carol").await.expect("carol").person;
    assert_eq!(seen.last_sign_in, Some(control::ports::clock::Clock::now(&harness.clock)));
    let wrong = NewPerson { name: "Carol!".into(), role: Role::User, password: Some("short".into()) };
    let Err(Error::Invalid(faults)) = accounts.add_person(&root, wrong).await else { panic!("two faults") };
    assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["name", "password"]);
    let twice = accounts.add_person(&root, person("carol", Role::User)).await;
    assert!(matches!(twice, Err(Error::UserTaken(_))), "{twice:?}");
}

#[tokio::test]
async fn own_limits_hold_for_the_next_order_and_change_nothing_that_runs() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let root = admin(&harness, "root").await;
    let running = harness.create("before", 2).await;
    let own = OwnLimits { nodes: Some(2), ..OwnLimits::default() };
    let change = ChangePerson { limits: Some(own), ..ChangePerson::default() };
    let seen = accounts.change_person(&root, "ada", change).await.expect("ada");
    assert_eq!((seen.quota.own, seen.usage.nodes), (own, 2));
    let (limits, _) = accounts.holdings(&harness.ada).await.expect("her limits");
    assert_eq!((limits.nodes, limits.vclusters), (2, 3));
    let refused = harness.control.vclusters.create(&harness.ada, order("after", 1), None).await;
    assert!(matches!(refused, Err(Error::LimitExceeded(_))), "{refused:?}");
    assert!(harness.get(running.id).await.is_some());
    let more = ChangePerson { limits: Some(OwnLimits { nodes: Some(9), ..own }), ..ChangePerson::default() };
    accounts.change_person(&root, "ada", more).await.expect("ada");
    harness.control.vclusters.create(&harness.ada, order("after", 1), None).await.expect("room again");
}

#[tokio::test]
async fn a_group_s_limits_hold_for_who_is_in_it_where_none_of_their_own_are_set() {
    let group =
        |name: &str, nodes| (name.parse().expect("a name"), OwnLimits { nodes: Some(nodes), ..OwnLimits::default() });
    let usual = policy();
    let groups = [group("staff", 20), group("students", 1)].into();
    let harness = Harness::with(Policy { quota_policy: usual.quota_policy.with_groups(groups), ..usual }).await;
    let accounts = &harness.control.accounts;
    let root = admin(&harness, "root").await;
    let put = async |group: &str| {
        let change = ChangePerson { group: Some(group.into()), ..ChangePerson::default() };
        accounts.change_person(&root, "ada", change).await
    };
    let nodes = async || accounts.holdings(&harness.ada).await.expect("her limits").0.nodes;

    put("students").await.expect("a group");
    assert_eq!(nodes().await, 1);
    let refused = harness.control.vclusters.create(&harness.ada, order("lab", 2), None).await;
    assert!(matches!(refused, Err(Error::LimitExceeded(_))), "{refused:?}");
    let own = OwnLimits { nodes: Some(3), ..OwnLimits::default() };
    accounts.set_own_limits("ada", own).await.expect("ada");
    assert_eq!(nodes().await, 3, "her own go first");
    accounts.set_own_limits("ada", OwnLimits::default()).await.expect("ada");
    accounts.set_group("ada", "staff").await.expect("a group");
    assert_eq!(nodes().await, 20);
    let Err(Error::Invalid(faults)) = put("nobody").await else { panic!("there is no such group") };
    assert!(faults[0].field == "group" && faults[0].message.contains("staff, students"), "{faults:?}");
    put("").await.expect("no group");
    assert_eq!(nodes().await, 8);
}

#[tokio::test]
async fn the_last_administrator_stays_one_and_nobody_judges_themselves() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let root = admin(&harness, "root").await;
    for change in [role(Role::User), locked(true)] {
        let refused = accounts.change_person(&root, "root", change).await;
        assert!(matches!(refused, Err(Error::OwnAccount)), "{refused:?}");
    }
    assert!(matches!(accounts.reset_password(&root, "root", None).await, Err(Error::OwnAccount)));
    accounts.change_person(&root, "root", role(Role::Admin)).await.expect("nothing changes");
    for refused in [accounts.set_role("root", Role::User).await, accounts.set_locked("root", true).await] {
        assert!(matches!(&refused, Err(Error::LastAdministrator(name)) if name == "root"), "{refused:?}");
    }
    accounts.change_person(&root, "bob", role(Role::Admin)).await.expect("another one");
    accounts.set_role("root", Role::User).await.expect("bob is left");
    assert!(matches!(accounts.set_locked("bob", true).await, Err(Error::LastAdministrator(_))));
}

#[tokio::test]
async fn a_token_manages_users_but_reaches_no_administrator() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let root = by_token(&admin(&harness, "root").await);
    admin(&harness, "other").await;
    accounts.add_person(&root, person("carol", Role::User)).await.expect("a user");
    accounts.reset_password(&root, "carol", None).await.expect("a user's password");
    accounts.change_person(&root, "carol", locked(true)).await.expect("a user's lock");
    let refused = [
        accounts.add_person(&root, person("eve", Role::Admin)).await.map(drop),
        accounts.change_person(&root, "carol", role(Role::Admin)).await.map(drop),
        accounts.change_person(&root, "other", role(Role::User)).await.map(drop),
        accounts.change_person(&root, "other", locked(true)).await.map(drop),
        accounts.reset_password(&root, "other", None).await.map(drop),
        accounts.sign_out_person(&root, "other", true).await,
    ];
    assert!(refused.iter().all(|refused| matches!(refused, Err(Error::NeedsSession))), "{refused:?}");
}

/// A request is let in by what its caller is on arrival; what the caller is when it writes decides what it does.
#[tokio::test]
async fn a_request_under_way_when_its_administrator_stops_being_one_changes_nothing() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let (root, mallory) = (admin(&harness, "root").await, admin(&harness, "mallory").await);
    accounts.change_person(&root, "mallory", locked(true)).await.expect("another administrator");
    let refused = [
        accounts
            .change_person(&mallory, "mallory", ChangePerson { locked: Some(false), ..role(Role::Admin) })
            .await
            .map(drop),
        accounts.change_person(&mallory, "root", role(Role::User)).await.map(drop),
        accounts.reset_password(&mallory, "root", None).await.map(drop),
        accounts.sign_out_person(&mallory, "root", true).await,
    ];
    assert!(refused.iter().all(Result::is_err), "{refused:?}");
    assert!(accounts.person(&root, "mallory").await.expect("mallory").person.user.locked);
}

#[tokio::test]
async fn signing_somebody_out_can_take_their_tokens_too() {
    let harness = Harness::new().await;
    let accounts = &harness.control.accounts;
    let root = admin(&harness, "root").await;
    let token = accounts.issue_token("ada", Duration::from_secs(60)).await.expect("a token").text;
    accounts.sign_out_person(&root, "ada", false).await.expect("ada exists");
    accounts.actor_by_token(&token).await.expect("tokens stay");
    assert_eq!(accounts.person(&root, "ada").await.expect("ada").tokens.len(), 1);
    accounts.sign_out_person(&root, "ada", true).await.expect("ada exists");
    assert!(matches!(accounts.actor_by_token(&token).await, Err(Error::BadToken)));
    assert!(matches!(accounts.sign_out_person(&root, "Nobody!", true).await, Err(Error::NotFound("user"))));
}

#[tokio::test]
async fn administrators_see_the_hosts_with_what_is_held_on_them() {
    let harness = Harness::new().await;
    let root = admin(&harness, "root").await;
    harness.create("lab", 3).await;
    let hosts = harness.control.installation.hosts(&root).await.expect("a list");
    let [here] = hosts.as_slice() else { panic!("one host: {hosts:?}") };
    assert_eq!((here.name.as_str(), here.unready.as_deref(), here.held.nodes), ("here", None, 3));
    assert_eq!((here.offered_cpu_milli, here.offered_memory_mib), (16_000, 16_384));
}
