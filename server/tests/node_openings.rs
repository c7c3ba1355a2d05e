//! What is opened in nodes, over every way there is, as the activity tells it: who, from where, by what.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::obtain;

use crate::common::{
    PROMPTLY, app,
    browser::Browser,
    client::{Client, send},
    daemon::Daemon,
    desk::Desk,
    exec::{self, Exec},
    person::{Person, feed},
    port::{self, Port},
    terminal,
};

/// What the activity says was opened, once there are so many.
async fn opened(client: &Client, path: &str, count: usize) -> Vec<Value> {
    obtain("what was opened is told", PROMPTLY, || async {
        let page = client.get(path).await.ok(200).json();
        let items = page["items"].as_array().expect("a list").iter();
        let opened: Vec<Value> = items.filter(|item| item["kind"] == "opened").cloned().collect();
        (opened.len() >= count).then_some(opened)
    })
    .await
}

#[tokio::test]
async fn what_is_opened_is_told_with_who_from_where_and_by_what() {
    let daemon = Daemon::start_usual().await;
    let token = daemon.cli(&["token", "create", "--user", "admin", "--expires", "1h", "--name", "laptop"]);
    let laptop = Client { token: Some(token.trim().to_owned()), ..daemon.anonymous() };
    let id = app::vcluster(&laptop, "lab").await;
    let password = daemon.admin_password();

    let desk = Desk::sign_in(&daemon, "admin", &password).await;
    let address = terminal::open(&desk.client, &id, "node-0").await;
    desk.attach(&address).await.until("node-0").await;
    Exec::start(&laptop, &exec::path(&id), &["true"]).await.closed().await;
    // Its server is started in a terminal.
    let app = app::listening(&laptop, &id, app::PORT).await;
    for _ in 0..20 {
        Port::connect(&laptop, &port::path(&id, &app::PORT.to_string())).await;
    }
    let browser = Browser::signed_in(&daemon, "admin", &password).await;
    browser.open(&app.at("/")).await.1.ok(200);
    let person = Person::signed_in(&daemon, &laptop).await;
    person.installs_ssh().await;
    let ssh = feed(person.openssh("ssh").args(["lab.docklet", "true"]), b"").await;
    assert!(ssh.status.success(), "{ssh:?}");

    let told = opened(&laptop, "/api/v1/activity", 7).await;
    let sentences: BTreeSet<_> = told.iter().filter_map(|item| item["reason"].as_str()).collect();
    let expected = [
        "app on port 8050 of node-0 from 127.0.0.1 in a browser",
        "command on node-0 from 127.0.0.1 with token 'laptop'",
        "port 8050 of node-0 from 127.0.0.1 with token 'laptop'",
        "ssh key let in to node-0 from 127.0.0.1 with token 'laptop'",
        "ssh to node-0 from 127.0.0.1 with token 'laptop'",
        "terminal on node-0 from 127.0.0.1 in a browser",
        "terminal on node-0 from 127.0.0.1 with token 'laptop'",
    ];
    assert_eq!((sentences, told.len()), (BTreeSet::from(expected), expected.len()));
    let of_one = opened(&laptop, &format!("/api/v1/vclusters/{id}/activity"), 7).await;
    let ssh = of_one.iter().find(|item| item["opened"]["what"] == "ssh").expect("it is told");
    assert_eq!(
        (&ssh["by"], &ssh["vcluster_name"], &ssh["state"]),
        (&json!("admin"), &json!("lab"), &json!("succeeded"))
    );
    let how = json!({"node": "node-0", "what": "ssh", "port": 22, "address": "127.0.0.1", "token": "laptop"});
    assert_eq!(ssh["opened"], how);
    let printed = person.prints(&["activity", "lab"]).await;
    assert!(expected.iter().all(|sentence| printed.contains(sentence)), "{printed}");
}

#[tokio::test]
async fn nobody_but_a_proxy_that_is_trusted_says_where_others_come_from() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let id = app::vcluster(&client, "lab").await;
    let terminals = client.request(Method::POST, &format!("/api/v1/vclusters/{id}/nodes/node-0/terminals"));
    let forged = terminals.header("x-forwarded-for", "198.51.100.1").json(&json!({}));
    send(forged).await.ok(201);
    let told = opened(&client, "/api/v1/activity", 1).await;
    assert_eq!(told[0]["opened"]["address"], "127.0.0.1");
}
