//! Jobs over REST, with real containers: a script waits for its turn, runs once, and its output is read while it runs and
//! afterwards.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use testkit::obtain;

use crate::common::{
    answer::Answer,
    client::{Client, send},
    daemon::{Daemon, Options},
    docker::docker,
    events::Events,
};

const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const JOBS: &str = "/api/v1/jobs";

/// A small job, as a request.
pub(crate) fn job(script: &str) -> Value {
    json!({"name": "count", "image": "docklet/base", "resources": {"cpus": 0.5, "memory_mib": 128}, "script": script})
}

fn with(mut job: Value, field: &str, value: Value) -> Value {
    job[field] = value;
    job
}

/// Its number.
pub(crate) async fn submit(client: &Client, job: &Value) -> i64 {
    client.post(JOBS, job).await.ok(202).json()["id"].as_i64().expect("a number")
}

pub(crate) async fn get(client: &Client, id: i64) -> Value {
    client.get(&format!("{JOBS}/{id}")).await.ok(200).json()
}

pub(crate) async fn act(client: &Client, id: i64, action: &str) -> Answer {
    client.post(&format!("{JOBS}/{id}/{action}"), &json!({})).await
}

/// Waits until it is in this state, and in no other that nothing changes any more.
pub(crate) async fn becomes(client: &Client, id: i64, state: &str) -> Value {
    obtain(&format!("job {id} is {state}"), PATIENCE, || async {
        let job = get(client, id).await;
        assert!(job["state"] == state || job["ended_at"].is_null(), "{job}");
        (job["state"] == state).then_some(job)
    })
    .await
}

/// The first piece behind `from` that is not empty.
async fn piece(client: &Client, id: i64, from: usize) -> Answer {
    obtain("there is output", PATIENCE, || async {
        let answer = client.get(&format!("{JOBS}/{id}/output?from={from}&wait_s=5")).await.ok(200);
        (!answer.text.is_empty()).then_some(answer)
    })
    .await
}

/// All of it, once it is written.
pub(crate) async fn whole(client: &Client, id: i64) -> String {
    obtain("all output is there", PATIENCE, || async {
        let answer = client.get(&format!("{JOBS}/{id}/output")).await.ok(200);
        (answer.header("docklet-output-ended") == "true").then_some(answer.text)
    })
    .await
}

/// Lets every job of this client go on that waits for the file.
pub(crate) async fn touch(client: &Client, file: &str) {
    let id = submit(client, &job(&format!("touch /root/{file}"))).await;
    becomes(client, id, "completed").await;
}

/// Of all jobs of the installation that run.
fn containers(daemon: &Daemon) -> Vec<String> {
    let ours = format!("label=docklet.installation={}", daemon.installation);
    let list = docker(&["ps", "--quiet", "--filter", &ours, "--filter", "label=docklet.task"]);
    list.lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_script_runs_and_its_output_is_read_while_it_runs_and_afterwards() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let script = "#!/bin/bash\necho one\nuntil [ -e /root/go ]; do sleep 0.05; done\n\
                  echo \"$((6*7)) of $JOB_ID $JOB_NAME $0 $1 in $PWD\" >&2\n";
    let order = with(job(script), "arguments", json!(["two words"]));
    let accepted = client.post(JOBS, &order).await.ok(202);
    let id = accepted.json()["id"].as_i64().expect("a number");
    assert_eq!(accepted.header("location"), format!("{JOBS}/{id}"));
    assert_eq!((accepted.at("/state").as_str(), accepted.at("/owner").as_str()), ("pending", "admin"));
    assert_eq!((accepted.at("/script").as_str(), &accepted.json()["time_limit_s"]), (script, &json!(3600)));

    let first = piece(&client, id, 0).await;
    let told = |answer: &Answer, name: &str| answer.header(&format!("docklet-output-{name}")).to_owned();
    assert_eq!((first.text.as_str(), first.header("content-type")), ("one\n", "application/octet-stream"));
    assert_eq!((first.header("x-content-type-options"), first.header("cache-control")), ("nosniff", "no-store"));
    assert_eq!(["size", "next", "ended"].map(|name| told(&first, name)), ["4", "4", "false"]);
    let running = becomes(&client, id, "running").await;
    assert!(running["running_since"].is_string() && running["worker"].is_string(), "{running}");
    assert_eq!(client.get("/api/v1/session").await.json()["usage"]["cpus"], 0.5, "it takes of its owner's limits");

    touch(&client, "go").await;
    let rest = piece(&client, id, 4).await;
    assert!(rest.text.starts_with(&format!("42 of {id} count ")), "{}", rest.text);
    assert!(rest.text.ends_with(" two words in /root\n"), "{}", rest.text);
    let ended = becomes(&client, id, "completed").await;
    assert_eq!((&ended["exit_code"], &ended["signal"], &ended["waits"]), (&json!(0), &json!(null), &json!(null)));
    assert_eq!(whole(&client, id).await, format!("one\n{}", rest.text));
    let middle = client.get(&format!("{JOBS}/{id}/output?from=1&limit=2&wait_s=25")).await.ok(200);
    let size = (4 + rest.text.len()).to_string();
    assert_eq!(middle.text, "ne");
    assert_eq!(["size", "next", "ended"].map(|name| told(&middle, name)), [size.as_str(), "3", "true"]);
    assert_eq!(client.get("/api/v1/session").await.json()["usage"]["cpus"], 0.0);
}

#[tokio::test]
async fn every_end_of_a_script_is_told_apart() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    // What a shell makes of a signal that its program has got is the shell's affair.
    let cases = [
        (job("exit 3"), "failed", Some((json!(3), json!(null)))),
        (job("kill -KILL $$"), "failed", Some((json!(null), json!(9)))),
        (job("#!/no/such/interpreter\n"), "failed", None),
        (with(job("sleep 1000"), "time_limit_s", json!(1)), "timeout", None),
        (job("tail /dev/zero"), "out_of_memory", None),
    ];
    let mut submitted = Vec::new();
    for (order, ..) in &cases {
        submitted.push(submit(&client, order).await);
    }
    for (id, (order, state, how)) in submitted.into_iter().zip(cases) {
        let ended = becomes(&client, id, state).await;
        assert!(ended["ended_at"].is_string(), "{ended}");
        if let Some(how) = how {
            assert_eq!((ended["exit_code"].clone(), ended["signal"].clone()), how, "{order}");
        }
    }
}

#[tokio::test]
async fn what_a_job_has_used_is_told_when_it_is_over() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let script =
        "#!/usr/bin/env python3\nimport time\nheld = b'x' * (50 << 20)\nwhile time.process_time() < 0.3: pass\n";
    let ended = becomes(&client, submit(&client, &job(script)).await, "completed").await;
    let used = |name: &str| ended["attempts"][0]["used"][name].as_f64().unwrap_or_else(|| panic!("no {name}: {ended}"));
    assert!((0.25..10.0).contains(&used("cpu_seconds")), "{ended}");
    assert!((50.0..=128.0).contains(&used("peak_memory_mib")), "{ended}");
    let efficiency = &ended["efficiency"];
    let share = |name: &str| efficiency[name].as_f64().unwrap_or_default();
    assert!((share("memory") - used("peak_memory_mib") / 128.0).abs() < 1e-9 && share("cpu") > 0.0, "{ended}");
    assert_eq!(
        (&efficiency["enough_cpus"], &efficiency["enough_memory_mib"]),
        (&json!(null), &json!(null)),
        "too short"
    );

    let never = submit(&client, &job("#!/no/such/interpreter\n")).await;
    assert_eq!(becomes(&client, never, "failed").await.get("efficiency"), None);
}

#[tokio::test]
async fn a_job_that_runs_is_asked_to_end_and_one_that_waits_is_over_at_once() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let script = "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done";
    let running = submit(&client, &job(script)).await;
    assert_eq!(piece(&client, running, 0).await.text, "up\n");
    assert_eq!(act(&client, running, "cancel").await.ok(202).at("/state"), "completing");
    let ended = becomes(&client, running, "cancelled").await;
    assert_eq!(ended["exit_code"], 0, "how it ended is told all the same");
    // Its shell may say that the `sleep` of that moment was ended, too.
    let output = whole(&client, running).await;
    assert!(output.starts_with("up\n") && output.ends_with("bye\n"), "{output}");
    assert_eq!(act(&client, running, "cancel").await.ok(202).at("/state"), "cancelled", "it stays as it ended");

    let held = submit(&client, &with(job("echo never"), "hold", json!(true))).await;
    assert_eq!(act(&client, held, "cancel").await.ok(202).at("/state"), "cancelled");
    assert_eq!(whole(&client, held).await, "");
    assert_eq!(get(&client, held).await["started_at"], json!(null));
}

#[tokio::test]
async fn a_job_that_is_held_says_so_and_starts_when_it_is_released() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let id = submit(&client, &with(job("true"), "hold", json!(true))).await;
    let waits = waits(&client, id, "held").await;
    assert!(waits["sentence"].as_str().is_some_and(|sentence| !sentence.is_empty()), "{waits}");
    assert!(waits["computed_at"].is_string(), "{waits}");
    assert_eq!(act(&client, id, "release").await.ok(200).json()["held"], false);
    becomes(&client, id, "completed").await;
    assert_eq!(act(&client, id, "hold").await.ok(200).json()["held"], false, "nothing is left to hold");
}

/// Why it waits, once a pass over the queue has found this reason.
async fn waits(client: &Client, id: i64, code: &str) -> Value {
    obtain(&format!("job {id} waits: {code}"), PATIENCE, || async {
        let waits = get(client, id).await["waits"].clone();
        (waits["code"] == code).then_some(waits)
    })
    .await
}

#[tokio::test]
async fn what_is_too_much_beside_what_runs_waits_and_what_would_always_be_is_refused() {
    let daemon = Options::default().with("limits-cpus", 0.6).with("jobs-most-pending", 2).start().await;
    let client = daemon.admin();
    let first = submit(&client, &job("until [ -e /root/go ]; do sleep 0.05; done")).await;
    becomes(&client, first, "running").await;
    let second = submit(&client, &job("true")).await;
    let why = waits(&client, second, "limit").await;
    assert!(why["sentence"].as_str().is_some_and(|sentence| !sentence.is_empty()), "{why}");

    let large = with(job("true"), "resources", json!({"cpus": 1, "memory_mib": 128}));
    let refused = client.post(JOBS, &large).await.problem(422, "limit_exceeded");
    assert_eq!(refused.fields(), ["resources.cpus"]);
    let third = submit(&client, &with(job("true"), "hold", json!(true))).await;
    client.post(JOBS, &job("true")).await.problem(422, "limit_exceeded");
    act(&client, third, "cancel").await.ok(202);

    let [container]: [String; 1] = containers(&daemon).try_into().expect("one runs");
    docker(&["exec", &container, "touch", "/root/go"]);
    becomes(&client, first, "completed").await;
    becomes(&client, second, "completed").await;
}

#[tokio::test]
async fn a_job_for_which_too_little_is_left_starts_when_it_asks_for_as_little_as_was_told() {
    let daemon = Options::default().with("limits-cpus", 0.8).start().await;
    let client = daemon.admin();
    let first = submit(&client, &job("until [ -e /root/go ]; do sleep 0.05; done")).await;
    becomes(&client, first, "running").await;
    let large = submit(&client, &job("true")).await;
    waits(&client, large, "limit").await;
    let what_ifs = client.get(&format!("{JOBS}/{large}/what-ifs")).await.ok(200).json();
    let fewer = &what_ifs[0];
    assert_eq!((&fewer["cpus"], &fewer["now"], &fewer["release"]), (&json!(0.25), &json!(true), &json!(false)));
    assert_eq!(fewer["sentence"], "with 0.25 instead of 0.5 CPUs it would start now");
    let share = client.get(&format!("{JOBS}/share")).await.ok(200).json();
    assert_eq!((&share["waiting"], &share["running_cpus"]), (&json!([{"code": "limit", "jobs": 1}]), &json!(0.5)));
    let figures = daemon.anonymous().get("/metrics").await.ok(200).text;
    assert!(figures.contains("docklet_jobs_pending{reason=\"limit\"} 1"), "{figures}");

    act(&client, large, "cancel").await.ok(202);
    let small = with(job("true"), "resources", json!({"cpus": fewer["cpus"], "memory_mib": 128}));
    let small = submit(&client, &small).await;
    becomes(&client, small, "completed").await;
    assert_eq!(get(&client, first).await["state"], "running", "it did not wait for that one");
    act(&client, first, "cancel").await.ok(202);
    client.get(&format!("{JOBS}/9/what-ifs")).await.problem(404, "not_found");
}

#[tokio::test]
async fn jobs_are_listed_newest_first_by_state_and_in_pages() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let hold = with(job("true"), "hold", json!(true));
    let (a, b, c) = (submit(&client, &hold).await, submit(&client, &hold).await, submit(&client, &hold).await);
    act(&client, b, "cancel").await.ok(202);
    let page = async |query: &str| client.get(&format!("{JOBS}?{query}")).await.ok(200).json();
    let ids = |page: &Value| {
        let items = page["items"].as_array().expect("items");
        items.iter().map(|job| job["id"].as_i64().expect("a number")).collect::<Vec<_>>()
    };
    assert_eq!(ids(&page("").await), [c, b, a]);
    assert!(page("").await["items"][0].get("script").is_none(), "a list is without scripts");
    assert_eq!(ids(&page("state=pending").await), [c, a]);
    for query in ["state=pending,cancelled", "state=pending&state=cancelled"] {
        assert_eq!(ids(&page(query).await), [c, b, a], "{query}");
    }
    let first = page("limit=2").await;
    assert_eq!(ids(&first), [c, b]);
    let next = first["next"].as_str().expect("there is more");
    let last = page(&format!("limit=2&cursor={next}")).await;
    assert_eq!((ids(&last), last.get("next")), (vec![a], None));

    let other = submit(&client, &with(hold, "name", json!("100%"))).await;
    for (query, expected) in [
        ("name=100%25", vec![other]),
        ("name=COU&limit=1", vec![c]),
        ("name=ount", vec![]),
        ("since=2000-01-01T00:00:00Z&name=1", vec![other]),
        ("until=2000-01-01T00:00:00Z", vec![]),
    ] {
        assert_eq!(ids(&page(query).await), expected, "{query}");
    }
    for (query, field) in [("since=today", "since"), ("until=", "until"), ("name=%00", "name")] {
        assert_eq!(client.get(&format!("{JOBS}?{query}")).await.problem(422, "invalid").fields(), [field], "{query}");
    }
}

#[tokio::test]
async fn many_jobs_are_cancelled_with_one_request_which_says_what_became_of_each() {
    let daemon = Daemon::start_usual().await;
    daemon.add_user("ada");
    let (client, ada) = (daemon.admin(), daemon.client_of("ada"));
    let hold = with(job("true"), "hold", json!(true));
    let (a, hers, b) = (submit(&client, &hold).await, submit(&ada, &hold).await, submit(&client, &hold).await);
    let bulk = async |body: Value| client.post(&format!("{JOBS}/bulk"), &body).await;
    let done = bulk(json!({"action": "cancel", "jobs": [b, hers, b]})).await.ok(200).json();
    let fault = json!({"code": "not_found", "detail": "There is no such job."});
    let expected =
        [json!({"id": hers, "state": null, "problem": fault}), json!({"id": b, "state": "cancelled", "problem": null})];
    assert_eq!(done["jobs"], json!(expected));
    let done = bulk(json!({"action": "release", "states": ["pending"]})).await.ok(200).json();
    assert_eq!(done["jobs"][0]["id"], a);
    becomes(&client, a, "completed").await;
    assert_eq!(get(&ada, hers).await["held"], true);
    assert_eq!(bulk(json!({"action": "hold"})).await.ok(200).json(), json!({"jobs": []}));
    for jobs in [json!([0]), json!((1..=1001).collect::<Vec<_>>())] {
        let refused = bulk(json!({"action": "hold", "jobs": jobs})).await;
        assert_eq!(refused.problem(422, "invalid").fields(), ["jobs"]);
    }
    let queue = ada.get("/api/v1/queue").await.ok(200).json();
    assert!(queue["hosts"][0]["offered_cpus"].as_f64().is_some_and(|cpus| cpus > 0.0), "{queue}");
}

#[tokio::test]
async fn an_idempotency_key_makes_one_job_however_often_it_is_sent() {
    let daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let post = async |key: &str, script: &str| {
        let order = with(job(script), "hold", json!(true));
        let request = client.request(Method::POST, JOBS).json(&order);
        send(request.header("idempotency-key", key.to_owned())).await
    };
    let (first, second) = tokio::join!(post("one", "true"), post("one", "true"));
    assert_eq!(first.ok(202).json()["id"], second.ok(202).json()["id"]);
    post("one", "false").await.problem(409, "idempotency_mismatch");
    for key in ["", &"k".repeat(129), "a b"] {
        assert_eq!(post(key, "true").await.problem(422, "invalid").fields(), ["Idempotency-Key"]);
    }
}

#[tokio::test]
async fn changes_of_a_job_come_as_events_to_its_owner_and_to_nobody_else() {
    let daemon = Daemon::start_usual().await;
    daemon.add_user("ada");
    let (client, ada) = (daemon.admin(), daemon.client_of("ada"));
    let (mut events, mut others) = (Events::open(&client, None).await, Events::open(&ada, None).await);
    let id = submit(&client, &job("until [ -e /root/go ]; do sleep 0.05; done")).await;
    let first = events.next().await.expect("an event");
    assert_eq!((first.name.as_str(), &first.data), ("job", &json!({"kind": "job", "job": id, "state": "pending"})));
    events.find("it runs", |event| event.data["state"] == "running").await;
    touch(&client, "go").await;
    events.find("it has ended", |event| event.data["job"] == id && event.data["state"] == "completed").await;
    let hers = submit(&ada, &job("true")).await;
    assert_eq!(others.next().await.expect("an event").data["job"], hers, "the first that she sees is her own");
}

#[tokio::test]
async fn a_job_outlives_the_daemon_and_ends_once_as_its_script_did() {
    let mut daemon = Daemon::start_usual().await;
    let client = daemon.admin();
    let waiting = |file: &str| job(&format!("echo begun; until [ -e /root/{file} ]; do sleep 0.05; done; exit 7"));
    let (away, later) = (submit(&client, &waiting("a")).await, submit(&client, &waiting("b")).await);
    for id in [away, later] {
        assert_eq!(piece(&client, id, 0).await.text, "begun\n");
        becomes(&client, id, "running").await;
    }
    let containers = containers(&daemon);
    assert_eq!(containers.len(), 2);
    daemon.kill();
    docker(&["exec", &containers[0], "touch", "/root/a"]);
    obtain("one container has ended", PATIENCE, || async {
        let runs = |id: &&String| docker(&["inspect", "--format", "{{.State.Running}}", id.as_str()]) == "true";
        (containers.iter().filter(runs).count() == 1).then_some(())
    })
    .await;
    daemon.start().await;
    assert_eq!(becomes(&client, away, "failed").await["exit_code"], 7);
    assert_eq!(get(&client, later).await["state"], "running");
    touch(&client, "b").await;
    assert_eq!(becomes(&client, later, "failed").await["exit_code"], 7);
    for id in [away, later] {
        assert_eq!(whole(&client, id).await, "begun\n", "it ran once");
    }
}
