//! Jobs that are not right: a clear answer that names field and rule, and nothing in the queue. Names that look like commands are
//! right, and stay names.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::obtain;

use crate::{
    common::{
        client::{Client, send},
        daemon::Daemon,
    },
    jobs::{job, submit},
};

const JOBS: &str = "/api/v1/jobs";

fn with(field: &str, value: Value) -> Value {
    let mut job = job("true");
    job[field] = value;
    job
}

/// The rule that is broken.
async fn refused(client: &Client, body: &Value, field: &str) -> String {
    let answer = client.post(JOBS, body).await.problem(422, "invalid");
    assert_eq!(answer.fields(), [field], "{body}");
    answer.at("/violations/0/message")
}

async fn nothing_waits(client: &Client) {
    assert_eq!(client.get(JOBS).await.ok(200).json()["items"], json!([]));
}

#[tokio::test]
async fn every_field_of_a_job_that_is_wrong_is_named_with_its_rule() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let long = "x".repeat(48 * 1024 + 1);
    for (script, rule) in [
        ("", "must not be empty"),
        (" \n\t", "must not be empty"),
        ("echo a\u{0}b", "control characters"),
        ("echo \u{1b}[2J", "control characters"),
        ("#!/bin/bash\r\necho\r\n", "not as on Windows"),
        ("\u{feff}#!/bin/bash\n", "byte order mark"),
        (long.as_str(), "must have at most 48 KiB"),
    ] {
        let said = refused(&client, &with("script", json!(script)), "script").await;
        assert!(said.contains(rule), "{said}");
    }
    for name in ["", "  ", &"a".repeat(65), "../../etc/passwd", "a\nb", "\u{7}"] {
        refused(&client, &with("name", json!(name)), "name").await;
    }
    for seconds in [json!(0), json!(-1), json!(1.5), json!("60"), json!(30 * 86_400 + 1), json!(1e300), json!(null)] {
        refused(&client, &with("time_limit_s", seconds), "time_limit_s").await;
    }
    for output in ["", "results/", "%q", "50%", "a\u{0}b", &"x".repeat(513)] {
        refused(&client, &with("output", json!(output)), "output").await;
    }
    for arguments in [json!(["a\u{0}b"]), json!(["x".repeat(32 * 1024 + 1)]), json!(vec!["x"; 1024])] {
        refused(&client, &with("arguments", arguments), "arguments").await;
    }
    for environment in [json!({"JOB_ID": "1"}), json!({"A-B": "1"}), json!({"A": "\u{0}"}), json!(["A=1"])] {
        refused(&client, &with("environment", environment), "environment").await;
    }
    for directory in ["", "a\nb", &"x".repeat(201)] {
        refused(&client, &with("directory", json!(directory)), "directory").await;
    }
    for warning in ["", "KILL@9", "USR1@0", "USR1@3600", "usr1@9"] {
        refused(&client, &with("warning", json!(warning)), "warning").await;
    }
    for retries in [json!({"most": 11}), json!({"most": -1}), json!({"most": 1, "exit_codes": [0]})] {
        refused(&client, &with("retries", retries), "retries").await;
    }
    for tags in [json!(["A"]), json!([""]), json!(vec!["x"; 11])] {
        refused(&client, &with("tags", tags), "tags").await;
    }
    for image in ["", "UPPER", "a b", "../x"] {
        refused(&client, &with("image", json!(image)), "image").await;
    }
    for cpus in [json!(0), json!(-1), json!(0.01), json!(1e9), json!("1")] {
        let resources = json!({"cpus": cpus, "memory_mib": 128});
        refused(&client, &with("resources", resources), "resources.cpus").await;
    }
    for memory in [json!(0), json!(-1), json!(i64::MAX), json!(0.5)] {
        let resources = json!({"cpus": 0.5, "memory_mib": memory});
        refused(&client, &with("resources", resources), "resources.memory_mib").await;
    }
    let all = json!({"name": "", "image": "", "resources": {"cpus": 0, "memory_mib": 0}, "script": "",
        "arguments": ["\u{0}"], "time_limit_s": 0, "output": ""});
    let answer = client.post(JOBS, &all).await.problem(422, "invalid");
    let resources = ["resources.cpus", "resources.memory_mib"];
    let fields =
        ["name", "image"].into_iter().chain(resources).chain(["script", "arguments", "time_limit_s", "output"]);
    assert_eq!(answer.fields(), fields.collect::<Vec<_>>());
    nothing_waits(&client).await;
}

#[tokio::test]
async fn bodies_that_are_no_job_are_refused() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    assert!(refused(&client, &with("gpus", json!(1)), "gpus").await.contains("is not a field here"));
    refused(&client, &with("script", json!(["true"])), "script").await;
    refused(&client, &json!({"name": "count", "image": "docklet/base", "script": "true"}), "resources").await;
    refused(&client, &json!([]), "body").await;
    let post = || client.request(Method::POST, JOBS).header("content-type", "application/json");
    let good = job("true").to_string();
    for body in [String::new(), good.replace("0.5", "NaN"), good.replace("0.5", "Infinity"), format!("{good} x")] {
        send(post().body(body)).await.problem(400, "malformed");
    }
    send(post().json(&job(&"x".repeat(10_000_000)))).await.problem(413, "too_large");
    nothing_waits(&client).await;
}

#[tokio::test]
async fn questions_about_jobs_that_are_not_right_name_what_is_wrong_with_them() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let mut held = job("true");
    held["hold"] = json!(true);
    let id = submit(&client, &held).await;
    let wrong = [
        (JOBS.to_owned(), "state", vec!["runing", "", "pending,", "Running"]),
        (JOBS.to_owned(), "limit", vec!["0", "200", "x"]),
        (JOBS.to_owned(), "cursor", vec!["0", "-1", "x", "9223372036854775808"]),
        (format!("{JOBS}/{id}/elements"), "state", vec!["runing", ""]),
        (format!("{JOBS}/{id}/elements"), "limit", vec!["0", "200"]),
        (format!("{JOBS}/{id}/elements"), "cursor", vec!["-1", "x", "4294967296"]),
        (format!("{JOBS}/{id}/output"), "from", vec!["-1", "x", "9223372036854775808"]),
        (format!("{JOBS}/{id}/output"), "limit", vec!["0", "-1", "1048577"]),
        (format!("{JOBS}/{id}/output"), "wait_s", vec!["26", "-1", "0.5"]),
    ];
    for (path, field, values) in wrong {
        for value in values {
            let answer = client.get(&format!("{path}?{field}={value}")).await.problem(422, "invalid");
            assert_eq!(answer.fields(), [field], "{value}");
        }
    }
    let beyond = client.get(&format!("{JOBS}/{id}/output?from=1000000&limit=1&wait_s=0")).await.ok(200);
    assert_eq!((beyond.text.as_str(), beyond.header("docklet-output-next")), ("", "1000000"));
}

#[tokio::test]
async fn jobs_of_nobody_and_of_somebody_else_are_answered_alike() {
    let daemon = Daemon::start_usual().await;
    daemon.add_user("ada");
    let (ada, admin) = (daemon.client_of("ada"), daemon.admin());
    let mut held = job("true");
    held["hold"] = json!(true);
    let hers = submit(&ada, &held).await.to_string();
    let tails = [
        ("", Method::GET),
        ("/elements", Method::GET),
        ("/output", Method::GET),
        ("/cancel", Method::POST),
        ("/hold", Method::POST),
        ("/release", Method::POST),
    ];
    for (tail, method) in tails {
        let of = async |id: &str| {
            let answer = send(admin.request(method.clone(), &format!("{JOBS}/{id}{tail}"))).await;
            answer.problem(404, "not_found").at("/detail")
        };
        let foreign = of(&hers).await;
        for id in ["4000000000", "0", "-1", "x", &format!("0{hers}"), "9223372036854775808", &format!("{hers}_0"), "7_"]
        {
            assert_eq!(foreign, of(id).await, "{method} {id}{tail}");
        }
    }
    nothing_waits(&admin).await;
    assert_eq!(ada.get(&format!("{JOBS}/{hers}")).await.ok(200).at("/state"), "pending");
}

#[tokio::test]
async fn a_name_that_looks_like_a_command_is_a_name() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let name = "-n $(touch pwned) `id` %j ; ☃ 'x\"";
    let mut order = job("printf %s \"$JOB_NAME\"; ls pwned");
    order["name"] = json!(name);
    order["output"] = json!("out/%x 100%%.txt");
    let id = submit(&client, &order).await;
    let ended = obtain("it has ended", Duration::from_secs(60), || async {
        let job = client.get(&format!("{JOBS}/{id}")).await.ok(200).json();
        job["ended_at"].is_string().then_some(job)
    })
    .await;
    assert_eq!((&ended["state"], &ended["name"]), (&json!("failed"), &json!(name)), "there is no file pwned: {ended}");
    assert_eq!(ended["output"], format!("/root/out/{name} 100%.txt"));
    let output = client.get(&format!("{JOBS}/{id}/output")).await.ok(200);
    assert!(output.text.starts_with(name), "{}", output.text);
}
