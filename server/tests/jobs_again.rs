//! What a job's script finds where it runs, how it is warned, how it is tried again, and how it waits for another; with
//! real containers.

use std::time::Duration;

use serde_json::{Value, json};
use testkit::obtain;

use crate::{
    common::{client::Client, daemon::Daemon},
    jobs::{JOBS, act, becomes, get, job, submit, touch, whole},
};

fn with(script: &str, fields: &Value) -> Value {
    let mut job = job(script);
    for (field, value) in fields.as_object().expect("fields") {
        job[field] = value.clone();
    }
    job
}

/// How this job ended, and what it printed.
async fn run(client: &Client, job: &Value, state: &str) -> (Value, String) {
    let id = submit(client, job).await;
    let ended = becomes(client, id, state).await;
    (ended, whole(client, id).await)
}

#[tokio::test]
async fn a_script_finds_its_variables_its_directory_and_its_warning() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    run(&client, &job("mkdir -p /root/runs/one"), "completed").await;
    let script = "trap 'echo warned; exit 7' USR1\necho \"$PWD $GREETING $JOB_ATTEMPT\"\nwhile :; do sleep 0.05; done";
    let fields = json!({"environment": {"GREETING": "good\nday"}, "directory": "runs/one", "time_limit_s": 3,
        "warning": "USR1@2", "tags": ["night", "exp:7"]});
    let (ended, output) = run(&client, &with(script, &fields), "failed").await;
    assert!(output.starts_with("/root/runs/one good\nday 1\n") && output.ends_with("warned\n"), "{output}");
    assert_eq!((&ended["exit_code"], &ended["tags"]), (&json!(7), &json!(["exp:7", "night"])));
    for field in ["environment", "directory", "warning"] {
        assert_eq!(ended[field], fields[field]);
    }
    let missing = with("true", &json!({"directory": "runs/none"}));
    let id = submit(&client, &missing).await;
    let ended = becomes(&client, id, "failed").await;
    let reason = ended["reason"].as_str().expect("a reason");
    assert!(reason.contains("\"/root/runs/none\" cannot be entered: No such file or directory"), "{reason}");
}

#[tokio::test]
async fn a_script_that_exits_as_its_rule_says_is_tried_again_and_adds_to_its_output() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let rule = json!({"retries": {"most": 3, "exit_codes": [75]}});
    let script = "echo attempt $JOB_ATTEMPT\n[ $JOB_ATTEMPT -ge 2 ] || exit 75";
    let (ended, output) = run(&client, &with(script, &rule), "completed").await;
    assert_eq!(output, "attempt 1\nattempt 2\n");
    let exits: Vec<&Value> =
        ended["attempts"].as_array().expect("attempts").iter().map(|it| &it["exit_code"]).collect();
    assert_eq!(exits, [&json!(75), &json!(0)]);

    let id = ended["id"].as_i64().expect("a number");
    assert_eq!(act(&client, id, "requeue").await.ok(202).at("/state"), "pending");
    let again = becomes(&client, id, "completed").await;
    assert_eq!(again["attempts"].as_array().map(Vec::len), Some(3), "as its next attempt");
    assert_eq!(whole(&client, id).await, "attempt 1\nattempt 2\nattempt 3\n");
}

#[tokio::test]
async fn a_job_that_is_not_over_is_not_requeued() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let id = submit(&client, &job("exec sleep 1000")).await;
    becomes(&client, id, "running").await;
    let refused = act(&client, id, "requeue").await.problem(409, "conflict");
    assert!(refused.at("/detail").contains("cancel it first"), "{}", refused.text);
    act(&client, id, "cancel").await.ok(202);
    becomes(&client, id, "cancelled").await;
    client.post(&format!("{JOBS}/999/requeue"), &json!({})).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_job_runs_behind_the_one_it_waits_for_and_one_that_never_can_ends() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let first = submit(&client, &job("until [ -e go ]; do sleep 0.05; done; echo first >> order")).await;
    let after = |script: &str, word: &str| with(script, &json!({"after": format!("{word}:{first}")}));
    let second = submit(&client, &after("echo second >> order; cat order", "afterok")).await;
    let never = submit(&client, &after("true", "afternotok")).await;
    let waits = obtain("why it waits", Duration::from_secs(60), || async {
        Some(get(&client, second).await["waits"].clone()).filter(Value::is_object)
    })
    .await;
    assert_eq!(waits["code"], "dependency", "{waits}");
    touch(&client, "go").await;
    becomes(&client, second, "completed").await;
    assert_eq!(whole(&client, second).await, "first\nsecond\n");
    let ended = becomes(&client, never, "cancelled").await;
    assert_eq!((&ended["after"], &ended["started_at"]), (&json!(format!("afternotok:{first}")), &json!(null)));
    assert!(ended["reason"].as_str().is_some_and(|reason| reason.ends_with("that one completed")), "{ended}");
}
