//! What a token may: each use-case asks for its scope, and for no other. A use-case that is new and names an actor
//! fails here until it says which.

use std::{path::Path, time::Duration};

use control::{
    Error,
    accounts::{ChangePerson, NewPerson},
    actor::Actor,
    apps::AppChange,
    jobs::{BulkAction, BulkWhich},
    ports::{
        node::{Attach, AttachFrom, TerminalSize},
        store::{JobFilter, PageRequest, SessionKey},
    },
    terminals::NewTerminal,
    vclusters::ChangeVcluster,
};
use domain::{
    AppId, JobId, SessionHandle, TaskId, TokenId, VclusterId,
    name::NodeName,
    user::{Role, Scope, Scopes},
};
use uuid::Uuid;

use crate::{
    harness::{Harness, address, order},
    jobs::job,
    node_access::KEY,
    tasks::new_task,
};

/// Of nothing that there is: scopes are asked for before anything is looked at.
const NONE: Uuid = Uuid::from_u128(9);
const LAB: VclusterId = VclusterId::new(NONE);
const APP: AppId = AppId::new(NONE);
/// Nobody gets a `Confirmed` but a person in a browser.
const CONFIRMED: [&str; 3] = ["approve_device", "create_token", "unlink"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Token(Scope),
    /// No token, whatever it may.
    Person,
}

const READ: Needs = Needs::Token(Scope::Read);
const VCLUSTERS: Needs = Needs::Token(Scope::Vclusters);
const SSH: Needs = Needs::Token(Scope::Ssh);
const ADMIN: Needs = Needs::Token(Scope::Admin);

/// A use-case, what it needs, and what it says is missing.
type Asked = (&'static str, Needs, Option<Needs>);

/// What is missing, where that is why it was refused.
fn lacks<T>(result: Result<T, Error>) -> Option<Needs> {
    match result.err()? {
        Error::NeedsScope(scope) => Some(Needs::Token(scope)),
        Error::NeedsSession => Some(Needs::Person),
        _ => None,
    }
}

fn node() -> NodeName {
    NodeName::new(0)
}

fn page<K>() -> PageRequest<K> {
    PageRequest { after: None, limit: 1 }
}

async fn vclusters(Harness { control, .. }: &Harness, actor: &Actor) -> Vec<Asked> {
    let of = &control.vclusters;
    vec![
        ("list", READ, lacks(of.list(actor, page()).await)),
        ("get", READ, lacks(of.get(actor, LAB).await)),
        ("activity", READ, lacks(of.activity(actor, None, page()).await)),
        ("create", VCLUSTERS, lacks(of.create(actor, order("", 0), None).await)),
        ("start", VCLUSTERS, lacks(of.start(actor, LAB).await)),
        ("stop", VCLUSTERS, lacks(of.stop(actor, LAB).await)),
        ("restart", VCLUSTERS, lacks(of.restart(actor, LAB).await)),
        ("delete", VCLUSTERS, lacks(of.delete(actor, LAB).await)),
        ("delete_unreadable", VCLUSTERS, lacks(of.delete_unreadable(actor, LAB).await)),
        ("add_nodes", VCLUSTERS, lacks(of.add_nodes(actor, LAB, 1).await)),
        ("remove_node", VCLUSTERS, lacks(of.remove_node(actor, LAB, node()).await)),
        ("change", VCLUSTERS, lacks(of.change(actor, LAB, ChangeVcluster::default()).await)),
    ]
}

async fn jobs(Harness { control, .. }: &Harness, actor: &Actor) -> Vec<Asked> {
    let (jobs, id) = (&control.jobs, JobId::try_from(9).expect("a number"));
    vec![
        ("list", READ, lacks(jobs.list(actor, &JobFilter::default(), page()).await)),
        ("elements", READ, lacks(jobs.elements(actor, id, &JobFilter::default(), page()).await)),
        ("element_indexes", READ, lacks(jobs.element_indexes(actor, id, &[]).await)),
        ("get", READ, lacks(jobs.get(actor, id).await)),
        ("what_ifs", READ, lacks(jobs.what_ifs(actor, id).await)),
        ("standing", READ, lacks(jobs.standing(actor).await)),
        ("submit", SSH, lacks(jobs.submit(actor, job(""), None).await)),
        ("cancel", SSH, lacks(jobs.cancel(actor, id).await)),
        ("set_held", SSH, lacks(jobs.set_held(actor, id, true).await)),
        ("requeue", SSH, lacks(jobs.requeue(actor, id).await)),
        ("bulk", SSH, lacks(jobs.bulk(actor, BulkAction::Hold, BulkWhich::default()).await)),
        ("queue_view", READ, lacks(jobs.queue_view(actor).await)),
        ("summary", READ, lacks(jobs.summary(actor).await)),
        ("output", SSH, lacks(jobs.output(actor, id, 0, 1, Duration::ZERO).await)),
    ]
}

async fn tasks_and_apps(Harness { control, .. }: &Harness, actor: &Actor) -> Vec<Asked> {
    let (tasks, apps, task) = (&control.tasks, &control.apps, TaskId::new(NONE));
    vec![
        ("begin", SSH, lacks(tasks.begin(actor, new_task()).await)),
        ("get", READ, lacks(tasks.get(actor, task).await)),
        ("cancel", VCLUSTERS, lacks(tasks.cancel(actor, task).await)),
        ("list", READ, lacks(apps.list(actor, LAB).await)),
        ("view", READ, lacks(apps.view(actor, LAB, APP).await)),
        ("live", READ, lacks(apps.live(actor, LAB).await)),
        ("usage", READ, lacks(apps.usage(actor, LAB).await)),
        ("publish", VCLUSTERS, lacks(apps.publish(actor, LAB, node(), 80, None).await)),
        ("update", VCLUSTERS, lacks(apps.update(actor, LAB, APP, AppChange::default()).await)),
        ("start", VCLUSTERS, lacks(apps.start(actor, LAB, APP).await)),
        ("enter", SSH, lacks(apps.enter(actor, &SessionKey::new("none"), "none", "none").await)),
    ]
}

async fn nodes(Harness { control, .. }: &Harness, actor: &Actor) -> Vec<Asked> {
    let (nodes, terminals, terminal) = (&control.nodes, &control.terminals, "none");
    let attach = Attach {
        terminal: terminal.parse().expect("an id"),
        viewer: [0; 16],
        from: AttachFrom::Snapshot,
        size: TerminalSize { cols: 80, rows: 24 },
    };
    vec![
        ("check", SSH, lacks(nodes.check(actor, LAB, node()).await)),
        ("dial", SSH, lacks(nodes.dial(actor, LAB, node(), 22).await)),
        ("dial_udp", SSH, lacks(nodes.dial_udp(actor, LAB, node(), 53).await)),
        ("exec", SSH, lacks(nodes.exec(actor, LAB, node(), vec!["true".into()]).await)),
        ("authorize_ssh_key", SSH, lacks(nodes.authorize_ssh_key(actor, LAB, node(), KEY).await)),
        ("list", SSH, lacks(terminals.list(actor, LAB, node()).await)),
        ("open", SSH, lacks(terminals.open(actor, LAB, node(), NewTerminal::default()).await)),
        ("attach", SSH, lacks(terminals.attach(actor, LAB, node(), &attach).await)),
        ("close", SSH, lacks(terminals.close(actor, LAB, node(), terminal).await)),
    ]
}

async fn oneself(Harness { control, .. }: &Harness, actor: &Actor) -> Vec<Asked> {
    let (accounts, session) = (&control.accounts, "a".repeat(32).parse::<SessionHandle>().expect("a handle"));
    vec![
        ("holdings", READ, lacks(accounts.holdings(actor).await)),
        ("has_password", READ, lacks(accounts.has_password(actor).await)),
        ("sessions", READ, lacks(accounts.sessions(actor).await)),
        ("my_tokens", READ, lacks(accounts.my_tokens(actor).await)),
        ("is_fresh", READ, lacks(Ok(accounts.is_fresh(actor)))),
        ("offers_to", READ, lacks(control.federation.offers_to(actor).await)),
        ("identities", READ, lacks(control.federation.identities(actor).await)),
        ("choice", READ, lacks(control.images.choice(actor).await)),
        ("mine", READ, lacks(Ok(control.disks.mine(actor).await))),
        ("subscribe", READ, lacks(control.events.subscribe(actor, None).await)),
        ("revoke_my_token", VCLUSTERS, lacks(accounts.revoke_my_token(actor, TokenId::new(NONE)).await)),
        ("confirm", Needs::Person, lacks(accounts.confirm(actor))),
        ("change_password", Needs::Person, lacks(accounts.change_password(actor, "", "", address()).await)),
        ("confirm_password", Needs::Person, lacks(accounts.confirm_password(actor, "", address()).await)),
        ("end_session", Needs::Person, lacks(accounts.end_session(actor, &session).await)),
        ("end_other_sessions", Needs::Person, lacks(accounts.end_other_sessions(actor).await)),
        ("show_once", Needs::Person, lacks(accounts.show_once(actor, String::new()))),
        ("take_shown", Needs::Person, lacks(accounts.take_shown(actor, ""))),
        ("pending_device", Needs::Person, lacks(accounts.pending_device(actor, ""))),
        ("deny_device", Needs::Person, lacks(accounts.deny_device(actor, ""))),
    ]
}

async fn administration(Harness { control, .. }: &Harness, actor: &Actor) -> Vec<Asked> {
    let (accounts, images, nobody) = (&control.accounts, &control.images, "nobody");
    let new = NewPerson { name: String::new(), role: Role::User, password: None };
    vec![
        ("people", ADMIN, lacks(accounts.people(actor, "", page()).await)),
        ("person", ADMIN, lacks(accounts.person(actor, nobody).await)),
        ("add_person", ADMIN, lacks(accounts.add_person(actor, new).await)),
        ("change_person", ADMIN, lacks(accounts.change_person(actor, nobody, ChangePerson::default()).await)),
        ("reset_password", ADMIN, lacks(accounts.reset_password(actor, nobody, None).await)),
        ("sign_out_person", ADMIN, lacks(accounts.sign_out_person(actor, nobody, false).await)),
        ("list", ADMIN, lacks(images.list(actor).await)),
        ("allow", ADMIN, lacks(images.allow(actor, "", None).await)),
        ("disallow", ADMIN, lacks(images.disallow(actor, "none").await)),
        ("by_person", ADMIN, lacks(control.disks.by_person(actor).await)),
        ("notices", ADMIN, lacks(control.installation.notices(actor).await)),
        ("hosts", ADMIN, lacks(control.installation.hosts(actor).await)),
        ("forget_host", ADMIN, lacks(control.installation.forget_host(actor, "none").await)),
    ]
}

async fn all(harness: &Harness, actor: &Actor) -> Vec<Asked> {
    let mut asked = vclusters(harness, actor).await;
    asked.extend(jobs(harness, actor).await);
    asked.extend(tasks_and_apps(harness, actor).await);
    asked.extend(nodes(harness, actor).await);
    asked.extend(oneself(harness, actor).await);
    asked.extend(administration(harness, actor).await);
    asked
}

#[tokio::test]
async fn each_use_case_asks_for_its_scope_and_for_no_other() {
    let harness = Harness::new().await;
    let root = harness.root().await;
    for scope in Scope::ALL {
        let actor = Actor { scopes: Scopes::of(&[*scope]), ..root.clone() };
        for (name, needs, lacks) in all(&harness, &actor).await {
            let has = [READ, Needs::Token(*scope)].contains(&needs);
            assert_eq!(lacks, (!has).then_some(needs), "{name} with {scope}");
        }
    }
}

#[tokio::test]
async fn only_an_administrators_own_token_is_told_that_it_lacks_the_scope() {
    let harness = Harness::new().await;
    let root = Actor { scopes: Scopes::USUAL, ..harness.root().await };
    assert!(matches!(root.administrator(), Err(Error::NeedsScope(Scope::Admin))));
    for scopes in [Scopes::USUAL, Scopes::ALL] {
        let ada = Actor { scopes, ..harness.ada.clone() };
        assert!(matches!(ada.administrator(), Err(Error::NotFound("address"))), "for her, there is nothing");
    }
}

/// `Federation::begin` and `finish` have theirs inside a wish and a callback; what those need is told in identity_accounts.rs.
#[tokio::test]
async fn the_use_cases_here_are_all_that_name_an_actor_among_their_parameters() {
    let harness = Harness::new().await;
    let mut here: Vec<String> =
        all(&harness, &harness.ada).await.into_iter().map(|(name, ..)| name.to_owned()).collect();
    here.sort();
    assert_eq!(taking("actor: &"), here);
    assert_eq!(taking(": Confirmed<"), CONFIRMED);
}

/// The names of control's public functions that have this among their parameters.
fn taking(parameter: &str) -> Vec<String> {
    let mut text = String::new();
    read(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut text);
    let functions =
        text.split("pub ").filter_map(|rest| rest.strip_prefix("async fn ").or_else(|| rest.strip_prefix("fn ")));
    let signatures = functions.filter_map(|rest| rest.split_once('{')).map(|(signature, _)| signature);
    let names = signatures.filter(|signature| signature.contains(parameter)).filter_map(|signature| {
        let (name, _) = signature.split_once(['(', '<'])?;
        Some(name.to_owned())
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn read(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).expect("our source") {
        let path = entry.expect("our source").path();
        if path.is_dir() {
            read(&path, into);
        } else {
            into.push_str(&std::fs::read_to_string(&path).expect("text"));
        }
    }
}
