//! Jobs on the wire: what clients submit and read, and how the bytes of an output become text.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta};
use domain::{
    JobId, TaskId, UserId,
    job::{
        Array, Attempt, Environment, Job as Record, JobSpec, JobState, Nice, OutputPath, Part, Retries, TimeLimit, Used,
    },
    resources::Resources,
    task::Exit,
};
use serde_json::json;
use uuid::Uuid;
use wire::{
    job::{ArrayView, Condition, Element, Job, JobOutput, SubmitJob, WaitCode, Waits},
    vcluster::NodeResources,
};

fn record() -> Record {
    let spec = JobSpec {
        name: "count".parse().expect("a name"),
        image: "docklet/base".parse().expect("an image"),
        runtime: None,
        resources: Resources { cpu_milli: 500, memory_mib: 256, pids: 512 },
        script: "echo $1".parse().expect("a script"),
        command: ["count", "to ten"].map(str::to_owned).to_vec().try_into().expect("a command"),
        time_limit: TimeLimit::USUAL,
        output: OutputPath::USUAL.parse().expect("a path"),
        array: None,
        after: None,
        begin_at: None,
        deadline: None,
        nice: Nice::default(),
        environment: Environment::default(),
        directory: None,
        warning: None,
        retries: Retries::default(),
        tags: BTreeSet::new(),
    };
    let (id, owner) = (JobId::try_from(7).expect("a number"), UserId::new(Uuid::from_u128(1)));
    Record::submitted(id, owner, spec, false, DateTime::UNIX_EPOCH)
}

fn job(record: &Record, waits: Option<Waits>) -> Job {
    Job::from_domain(record, &"ada".parse().expect("a name"), waits)
}

#[test]
fn a_job_that_waits_is_read_as_it_was_written() {
    let waits = Waits {
        code: WaitCode::Capacity,
        sentence: "no host has room".into(),
        ahead: 2,
        ahead_cpu_hours: 1.5,
        expected_start: None,
        expected_from: None,
        funnel: vec![Condition { name: "ready".into(), hosts: 3 }],
        computed_at: DateTime::UNIX_EPOCH,
    };
    let job = job(&record(), Some(waits));
    let written = serde_json::to_value(&job).expect("JSON");
    assert_eq!(
        written,
        json!({
            "id": 7,
            "name": "count",
            "owner": "ada",
            "image": "docklet/base",
            "state": "pending",
            "held": false,
            "reason": null,
            "resources": {"cpus": 0.5, "memory_mib": 256},
            "script": "echo $1",
            "arguments": ["to ten"],
            "time_limit_s": 3600,
            "output": "/root/job-7.out", "output_pattern": "job-%j.out",
            "submitted_at": "1970-01-01T00:00:00Z",
            "started_at": null,
            "running_since": null,
            "ended_at": null,
            "worker": null,
            "exit_code": null,
            "signal": null,
            "waits": {
                "code": "capacity",
                "sentence": "no host has room",
                "ahead": 2,
                "ahead_cpu_hours": 1.5,
                "expected_start": null,
                "expected_from": null,
                "funnel": [{"name": "ready", "hosts": 3}],
                "computed_at": "1970-01-01T00:00:00Z",
            },
            "after": null,
            "begin_at": null,
            "deadline": null,
            "nice": 0,
            "environment": {},
            "directory": null,
            "warning": null,
            "retries": {"most": 0, "exit_codes": [], "host_lost": false},
            "tags": [],
            "attempts": [],
        })
    );
    assert_eq!(serde_json::from_value::<Job>(written).expect("a job"), job);
    assert_eq!(WaitCode::Capacity.as_str(), "capacity");
}

#[test]
fn how_a_script_ended_is_a_code_or_a_signal() {
    for (exit, code, signal) in [(Exit::Code(3), json!(3), json!(null)), (Exit::Signal(9), json!(null), json!(9))] {
        let worker = "hera".parse().expect("a name");
        let begun = Attempt::begun(TaskId::new(Uuid::from_u128(2)), worker, DateTime::UNIX_EPOCH);
        let attempt = Attempt { exit: Some(exit), ..begun };
        let ended = Record { state: JobState::OutOfMemory, attempt: Some(attempt), ..record() };
        let written = serde_json::to_value(job(&ended, None).brief()).expect("JSON");
        assert_eq!((&written["exit_code"], &written["signal"]), (&code, &signal));
        assert_eq!((&written["state"], &written["worker"]), (&json!("out_of_memory"), &json!("hera")));
        assert!(written.get("script").is_none(), "a list is without scripts");
        assert_eq!(serde_json::from_value::<Job>(written).expect("a job").script, None);
    }
}

#[test]
fn what_a_job_that_is_over_has_used_is_told_beside_what_would_have_been_enough() {
    let start = DateTime::UNIX_EPOCH;
    let mut attempt = Attempt::begun(TaskId::new(Uuid::from_u128(2)), "hera".parse().expect("a name"), start);
    attempt.running_since = Some(start);
    attempt.used = Some(Used { cpu_ms: 5_000, peak_memory_bytes: 64 << 20 });
    let ended_at = Some(start + TimeDelta::seconds(100));
    let ended = Record { state: JobState::Completed, attempt: Some(attempt), ended_at, ..record() };
    let written = serde_json::to_value(job(&ended, None)).expect("JSON");
    assert_eq!(written["attempts"][0]["used"], json!({"cpu_seconds": 5.0, "peak_memory_mib": 64.0}));
    let efficiency = json!({"cpu": 0.1, "memory": 0.25, "ran_s": 100.0, "enough_cpus": 0.25, "enough_memory_mib": 128});
    assert_eq!(written["efficiency"], efficiency);
    let runs = Record { state: JobState::Running, ended_at: None, ..ended };
    assert!(serde_json::to_value(job(&runs, None)).expect("JSON").get("efficiency").is_none());
}

#[test]
fn an_array_says_how_its_elements_fare() {
    let array: Array = "0-99%10".parse().expect("an array");
    let states = [(JobState::Completed, 38), (JobState::Timeout, 2), (JobState::Running, 10), (JobState::Pending, 50)];
    let view = ArrayView::new(&array, &BTreeMap::from(states));
    let job = Job { array: Some(view.clone()), ..job(&record(), None) };
    let written = serde_json::to_value(&job).expect("JSON");
    let states = json!({"completed": 38, "timeout": 2, "running": 10, "pending": 50});
    assert_eq!(written["array"], json!({"indexes": "0-99%10", "size": 100, "states": states}));
    assert!(written.get("element").is_none(), "it is none");
    assert_eq!((view.over(), view.count(JobState::holds)), (40, 10));
    let later = ArrayView { states: BTreeMap::from([("paused".into(), 3)]), ..view };
    assert_eq!(later.count(|_| true), 0, "what a later server may say is no state here");
    assert_eq!(serde_json::from_value::<Job>(written).expect("a job"), job);
}

#[test]
fn an_element_is_named_by_its_array_and_its_index() {
    let of = JobId::try_from(812).expect("a number");
    let element = job(&Record { part: Some(Part { of, index: 7, size: 100 }), ..record() }, None);
    assert_eq!(element.element, Some(Element { of: 812, index: 7 }));
    assert_eq!((element.reference(), job(&record(), None).reference()), ("812_7".into(), "7".into()));
}

#[test]
fn what_is_not_said_of_a_job_is_as_usual_and_nothing_else_may_be_said() {
    let least = json!({"name": "count", "image": "docklet/base", "resources": {"cpus": 0.5, "memory_mib": 256},
        "script": "true"});
    let resources = NodeResources { cpus: 0.5, memory_mib: 256 };
    let usual = SubmitJob::new("count".into(), "docklet/base".into(), resources, "true".into());
    assert_eq!(serde_json::from_value::<SubmitJob>(least.clone()).expect("a job"), usual);
    assert_eq!((usual.time_limit_s, usual.output.as_str(), usual.hold), (3600, "job-%j.out", false));
    let with = |field: &str, value: serde_json::Value| {
        let mut job = least.clone();
        job[field] = value;
        serde_json::from_value::<SubmitJob>(job)
    };
    assert_eq!(with("time_limit_s", json!(-1.0)).expect("numbers are wide").time_limit_s, -1);
    let retries = json!({"most": 2.0, "exit_codes": [75.0]});
    assert_eq!(with("retries", retries).expect("whole numbers").retries.exit_codes, [75]);
    for (field, value) in [
        ("time_limit_s", json!(1.5)),
        ("resources", json!([1, 1])),
        ("script", json!(null)),
        ("environment", json!(["A=1"])),
        ("gpus", json!(1)),
        ("retries", json!([1, [], false])),
        ("retries", json!({"most": 1, "exit_codes": [1.5]})),
    ] {
        assert!(with(field, value).is_err(), "{field}");
    }
}

#[test]
fn a_piece_of_output_ends_with_a_whole_character() {
    let piece = |bytes: &[u8]| {
        let piece = JobOutput::of_bytes(10, bytes, 99, false);
        (piece.next, piece.text)
    };
    assert_eq!(piece(b""), (10, String::new()));
    assert_eq!(piece("aé".as_bytes()), (13, "aé".into()));
    assert_eq!(piece(b"a\xe2\x82"), (11, "a".into()), "the rest of it comes with the next piece");
    assert_eq!(piece(b"\xe2\x82"), (12, "\u{fffd}".into()), "so that there is a next piece");
    assert_eq!(piece(b"a\xffb\xff"), (14, "a\u{fffd}b\u{fffd}".into()), "what will never be one is no reason to wait");
}
