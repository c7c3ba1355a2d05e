//! What was done with a vcluster, over REST.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    common::{
        client::{Client, send},
        daemon::Daemon,
    },
    vcluster_lifecycle::{gone, settled},
};

async fn kinds(client: &Client, path: &str) -> (Vec<Value>, Option<String>) {
    let page = client.get(path).await.ok(200).json();
    let items = page["items"].as_array().expect("a list");
    (items.iter().map(|item| item["kind"].clone()).collect(), page["next"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn what_was_done_is_listed_newest_first_page_by_page_for_its_owner_alone() {
    let daemon = Daemon::start_usual().await;
    daemon.add_user("ada");
    let (ada, admin) = (daemon.client_of("ada"), daemon.admin());
    let id = ada.create("lab", 1).await;
    settled(&ada, &id, "running").await;
    ada.act(&id, "stop").await.ok(202);
    settled(&ada, &id, "stopped").await;
    let path = format!("/api/v1/vclusters/{id}/activity");
    assert_eq!(kinds(&ada, &path).await, (vec![json!("stop"), json!("create")], None));
    let newest = ada.get(&path).await.json()["items"][0].clone();
    assert_eq!(
        (&newest["by"], &newest["state"], &newest["reason"]),
        (&json!("ada"), &json!("succeeded"), &Value::Null)
    );
    let (first, next) = kinds(&ada, &format!("{path}?limit=1")).await;
    assert_eq!(first, [json!("stop")]);
    let next = next.expect("there is more");
    assert_eq!(kinds(&ada, &format!("{path}?limit=1&cursor={next}")).await, (vec![json!("create")], None));
    admin.get(&path).await.problem(404, "not_found");
    for (query, field) in [("limit=0", "limit"), ("limit=200", "limit"), ("cursor=x", "cursor")] {
        assert_eq!(ada.get(&format!("{path}?{query}")).await.problem(422, "invalid").fields(), [field]);
    }
}

#[tokio::test]
async fn all_activity_of_a_user_is_listed_page_by_page_with_vclusters_that_are_gone_and_nobody_elses() {
    let daemon = Daemon::start_usual().await;
    daemon.add_user("ada");
    let (ada, admin) = (daemon.client_of("ada"), daemon.admin());
    let (old, theirs) = (ada.create("old", 1).await, admin.create("theirs", 1).await);
    settled(&ada, &old, "running").await;
    let lab = ada.create("lab", 1).await;
    settled(&ada, &lab, "running").await;
    ada.delete(&format!("/api/v1/vclusters/{old}")).await.ok(202);
    gone(&ada, &old).await;

    let path = "/api/v1/activity";
    let listed = ada.get(path).await.ok(200).json();
    let items = listed["items"].as_array().expect("a list");
    let told: Vec<_> =
        items.iter().map(|item| json!([item["kind"], item["vcluster"], item["vcluster_name"]])).collect();
    let expected = [json!(["delete", old, "old"]), json!(["create", lab, "lab"]), json!(["create", old, "old"])];
    assert_eq!((told.as_slice(), &listed["next"]), (expected.as_slice(), &Value::Null));
    assert_eq!((&items[0]["by"], &items[0]["state"]), (&json!("ada"), &json!("succeeded")));
    let (first, next) = kinds(&ada, &format!("{path}?limit=2")).await;
    assert_eq!(first, [json!("delete"), json!("create")]);
    let next = next.expect("there is more");
    assert_eq!(kinds(&ada, &format!("{path}?limit=2&cursor={next}")).await, (vec![json!("create")], None));

    let others = admin.get(path).await.ok(200).json();
    assert_eq!((&others["items"][0]["vcluster"], others["items"].as_array().map(Vec::len)), (&json!(theirs), Some(1)));
    daemon.anonymous().get(path).await.problem(401, "not_signed_in");
    for (query, field) in [("limit=0", "limit"), ("cursor=x", "cursor")] {
        assert_eq!(ada.get(&format!("{path}?{query}")).await.problem(422, "invalid").fields(), [field]);
    }
}

/// A box that is not ticked is not sent.
#[tokio::test]
async fn the_order_form_says_whether_a_vcluster_runs_again_after_a_restart_of_its_host() {
    let daemon = Daemon::start_usual().await;
    let browser = daemon.browser();
    browser.sign_in("admin", &daemon.admin_password()).await.ok(200);
    let page = send(browser.request(Method::GET, "/vclusters/new").header("accept", "text/html")).await.ok(200).text;
    let input = page.split("<input").find(|input| input.contains("order[autostart]")).expect("a box");
    assert!(input.contains("checked"), "as a vcluster is by default: {input}");
    for (name, ticked) in [("up", true), ("down", false)] {
        let mut fields =
            vec![("name", name), ("image", "docklet/base"), ("nodes", "1"), ("size", "small"), ("key", name)];
        if ticked {
            fields.push(("autostart", "true"));
        }
        let fields: Vec<_> = fields.into_iter().map(|(field, value)| (format!("order[{field}]"), value)).collect();
        let made = browser.request(Method::POST, "/actions/create").form(&fields);
        let made = send(made).await.ok(200).json();
        assert_eq!((&made["name"], &made["autostart"]), (&json!(name), &json!(ticked)), "{made}");
    }
}
