//! Arrays over REST, with real containers: one row, whose elements run one by one and are named by the array's number and their
//! index.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::obtain;

use crate::{
    common::{client::Client, daemon::Daemon},
    jobs::{job, submit},
};

const PATIENCE: Duration = Duration::from_secs(60);
const JOBS: &str = "/api/v1/jobs";

fn array(indexes: &str, script: &str) -> Value {
    let mut order = job(script);
    order["array"] = json!(indexes);
    order
}

async fn get(client: &Client, path: &str) -> Value {
    client.get(&format!("{JOBS}/{path}")).await.ok(200).json()
}

/// As it is when all its elements are over. On the way there never run more of them at a time than this.
async fn over(client: &Client, id: i64, at_most: u64) -> Value {
    obtain(&format!("array {id} is over"), PATIENCE, || async {
        let array = get(client, &id.to_string()).await;
        let count = |state: &&str| array["array"]["states"][*state].as_u64();
        let going_on: u64 = ["configuring", "running", "completing"].iter().filter_map(count).sum();
        assert!(going_on <= at_most, "{array}");
        array["ended_at"].is_string().then_some(array)
    })
    .await
}

fn indexes(page: &Value) -> Vec<u64> {
    let items = page["items"].as_array().expect("items");
    items.iter().map(|element| element["element"]["index"].as_u64().expect("an index")).collect()
}

#[tokio::test]
async fn an_array_runs_once_for_each_of_its_numbers_and_its_files_carry_them() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let script = "echo \"$JOB_ARRAY_INDEX of $JOB_ARRAY_SIZE in $JOB_ARRAY_ID\"; [ $JOB_ARRAY_INDEX != 2 ] || exit 5";
    let mut order = array("0-3%2", script);
    order["output"] = json!("part-%A-%a.txt");
    let id = submit(&client, &order).await;
    let ended = over(&client, id, 2).await;
    assert_eq!(ended["state"], "failed", "{ended}");
    let states = json!({"completed": 3, "failed": 1});
    assert_eq!(ended["array"], json!({"indexes": "0-3%2", "size": 4, "states": states}));

    let page = get(&client, &format!("{id}/elements?limit=3")).await;
    assert_eq!((indexes(&page), &page["next"]), (vec![0, 1, 2], &json!("2")));
    let rest = get(&client, &format!("{id}/elements?limit=3&cursor=2")).await;
    assert_eq!((indexes(&rest), rest.get("next")), (vec![3], None));
    let failed = get(&client, &format!("{id}/elements?state=failed,timeout")).await;
    assert_eq!((indexes(&failed), &failed["items"][0]["exit_code"]), (vec![2], &json!(5)));
    for index in 0..4 {
        let element = get(&client, &format!("{id}_{index}")).await;
        assert_eq!(element["element"], json!({"of": id, "index": index}));
        assert_eq!(element["output"], format!("/root/part-{id}-{index}.txt"));
        let output = client.get(&format!("{JOBS}/{id}_{index}/output")).await.ok(200);
        assert_eq!(output.text, format!("{index} of 4 in {id}\n"));
    }
    let listed = client.get(JOBS).await.ok(200).json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "its elements are not in the list: {listed}");
    client.get(&format!("{JOBS}/{id}_4")).await.problem(404, "not_found");
    client.get(&format!("{JOBS}/{id}_1/elements")).await.problem(404, "not_found");
}

#[tokio::test]
async fn an_element_that_has_not_begun_is_known_and_can_be_cancelled_alone() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let mut order = array("1,5", "echo \"$JOB_ARRAY_INDEX\"");
    order["hold"] = json!(true);
    let id = submit(&client, &order).await;
    let act = async |path: String| client.post(&format!("{JOBS}/{path}"), &json!({})).await;
    let waits = get(&client, &format!("{id}_5")).await;
    assert_eq!((&waits["state"], &waits["element"]), (&json!("pending"), &json!({"of": id, "index": 5})));
    assert_eq!(indexes(&get(&client, &format!("{id}/elements?state=running")).await), [0; 0]);
    assert_eq!(act(format!("{id}_5/cancel")).await.ok(202).at("/state"), "cancelled");
    act(format!("{id}/release")).await.ok(200);
    let ended = over(&client, id, 2).await;
    assert_eq!(ended["array"]["states"], json!({"completed": 1, "cancelled": 1}), "{ended}");
    assert_eq!(client.get(&format!("{JOBS}/{id}_1/output")).await.ok(200).text, "1\n");
    assert_eq!(get(&client, &format!("{id}_5")).await["started_at"], json!(null));
}
