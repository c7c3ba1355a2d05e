//! What stands in etcd, as it is read and written.

use domain::job::TimeLimit;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;

/// It is read, and written with the same fields.
fn same<T: Serialize + DeserializeOwned>(stored: &Value) -> T {
    let read: T = serde_json::from_value(stored.clone()).unwrap_or_else(|error| panic!("{stored}: {error}"));
    assert_eq!(serde_json::to_value(&read).expect("JSON"), *stored);
    read
}

/// As they were written before there were tasks. A worker that is upgraded reads its last reports by them, and without those
/// it would start again what has ended.
#[test]
fn what_stands_in_etcd_of_a_node_is_what_stood_there_before_there_were_tasks() {
    let (node, vcluster, owner) = (
        "0198c0de-0000-7000-8000-000000000001",
        "0198c0de-0000-7000-8000-000000000002",
        "0198c0de-0000-7000-8000-000000000003",
    );
    let assignment: Assignment = same(&json!({
        "node": node, "worker": "hera", "generation": 3, "order": "run", "vcluster": vcluster,
        "vcluster_name": "lab", "owner": owner, "name": "node-0", "image": "docklet/base", "source": "engine",
        "resources": {"cpu_milli": 1000, "memory_mib": 512, "pids": 1024}, "subnet": "172.29.0.0/27",
        "ip": "172.29.0.2", "has_home": true,
    }));
    assert_eq!(assignment.member().map(|place| place.name.to_string()).as_deref(), Some("node-0"));
    let notes = json!({"made_before": false, "out_of_memory": null});
    let report: Report = same(&json!({
        "node": node, "worker": "hera", "generation": 3, "phase": "failed", "reason": "it ended", "notes": notes,
    }));
    assert_eq!(report.instance, assignment.instance);
    let orphan: Orphan =
        same(&json!({"node": node, "worker": "hera", "vcluster": vcluster, "owner": owner, "generation": 3}));
    assert_eq!(orphan.vcluster, assignment.vcluster());
    let answer: Answer =
        same(&json!({"node": node, "worker": "hera", "verdict": {"verdict": "remove", "generation": 3}}));
    assert_eq!(answer.verdict, Verdict::Remove { generation: Generation(3) });
}

#[test]
fn a_task_without_a_script_is_written_as_before_there_were_any() {
    let stored = json!({
        "node": "0198c0de-0000-7000-8000-000000000001", "worker": "hera", "generation": 1, "order": "run",
        "owner": "0198c0de-0000-7000-8000-000000000003", "image": "docklet/base", "source": "engine",
        "resources": {"cpu_milli": 1000, "memory_mib": 512, "pids": 1024}, "has_home": true,
        "command": ["sh", "-c", "exit 3"], "begun": false,
    });
    let mut assignment: Assignment = same(&stored);
    let Workload::Task { batch, .. } = &mut assignment.workload else { panic!("{assignment:?} is a task's") };
    assert_eq!(*batch, None);
    *batch = Some(Batch {
        script: "echo hello".parse().expect("a script"),
        output: "/root/job-1.out".to_owned(),
        time_limit: TimeLimit::USUAL,
        environment: [("JOB_ID".to_owned(), "1".to_owned())].into(),
        directory: Some("/root/runs".to_owned()),
        warning: Some("all:USR1@60".parse().expect("a warning")),
    });
    let stored = serde_json::to_value(&assignment).expect("JSON");
    assert_eq!(same::<Assignment>(&stored), assignment);
}
