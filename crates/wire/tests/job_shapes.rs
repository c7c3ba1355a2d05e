//! Jobs on the wire: what clients submit and read, and how the bytes of an output become text.

use std::collections::BTreeSet;

use chrono::DateTime;
use domain::{
    JobId, TaskId, UserId,
    job::{Attempt, Environment, Job as Record, JobSpec, JobState, Nice, OutputPath, Retries, TimeLimit},
    resources::Resources,
    task::Exit,
};
use serde_json::json;
use uuid::Uuid;
use wire::{
    job::{Condition, Job, JobOutput, SubmitJob, WaitCode, Waits},
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
        expected_start: None,
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
                "expected_start": null,
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
        let attempt = Attempt {
            task: TaskId::new(Uuid::from_u128(2)),
            worker: "hera".parse().expect("a name"),
            started_at: DateTime::UNIX_EPOCH,
            running_since: None,
            exit: Some(exit),
            ended_at: None,
            reason: None,
            used: None,
        };
        let ended = Record { state: JobState::OutOfMemory, attempt: Some(attempt), ..record() };
        let written = serde_json::to_value(job(&ended, None).brief()).expect("JSON");
        assert_eq!((&written["exit_code"], &written["signal"]), (&code, &signal));
        assert_eq!((&written["state"], &written["worker"]), (&json!("out_of_memory"), &json!("hera")));
        assert!(written.get("script").is_none(), "a list is without scripts");
        assert_eq!(serde_json::from_value::<Job>(written).expect("a job").script, None);
    }
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
