//! Jobs as people see them: tables and sentences. Asks nothing.

use std::time::SystemTime;

use chrono::{DateTime, TimeDelta, Utc};
use wire::job::{Attempt, Condition, Job};

use crate::{commands::lists::shown, output::Table};

const JOB: [&str; 19] = [
    "id",
    "name",
    "state",
    "reason",
    "exit",
    "time",
    "time limit",
    "submitted",
    "started",
    "ended",
    "host",
    "image",
    "resources",
    "output",
    "directory",
    "warning",
    "environment",
    "tags",
    "attempts",
];

/// As a list has them.
pub(super) fn table(jobs: &[Job]) -> Table {
    let now = SystemTime::now().into();
    let row = |job: &Job| {
        vec![
            job.id.to_string(),
            job.name.clone(),
            job.state.as_str().to_owned(),
            time(job, now),
            exit(job),
            shown(job.submitted_at),
            reason(job).to_owned(),
        ]
    };
    Table::new(&["id", "name", "state", "time", "exit", "submitted", "reason"], jobs.iter().map(row))
}

/// With all of it but its script.
pub(super) fn upright(job: &Job) -> Table {
    let at = |at: Option<DateTime<Utc>>| at.map(shown).unwrap_or_default();
    let row = vec![
        job.id.to_string(),
        job.name.clone(),
        job.state.as_str().to_owned(),
        reason(job).to_owned(),
        exit(job),
        time(job, SystemTime::now().into()),
        duration(TimeDelta::seconds(job.time_limit_s.into())),
        shown(job.submitted_at),
        at(job.started_at),
        at(job.ended_at),
        job.worker.clone().unwrap_or_default(),
        job.image.clone(),
        format!("{} CPUs, {} MiB", job.resources.cpus, job.resources.memory_mib),
        job.output.clone(),
        job.directory.clone().unwrap_or_default(),
        job.warning.clone().unwrap_or_default(),
        job.environment.keys().map(String::as_str).collect::<Vec<_>>().join(" "),
        job.tags.join(" "),
        attempts(&job.attempts),
    ];
    Table::upright(&JOB, row)
}

/// What came of each, where there was more than one: `1: exit code 75 on hera; 2: not over on hera`.
fn attempts(of: &[Attempt]) -> String {
    if of.len() < 2 {
        return String::new();
    }
    let shown = |(number, attempt): (usize, &Attempt)| {
        let signal = attempt.signal.map(|signal| format!("signal {signal}"));
        let exit = attempt.exit_code.map(|code| format!("exit code {code}")).or(signal);
        let not_over = if attempt.ended_at.is_none() { "not over" } else { "no exit code" };
        let what = exit.or_else(|| attempt.reason.clone()).unwrap_or_else(|| not_over.to_owned());
        format!("{number}: {what} on {}", attempt.worker)
    };
    (1..).zip(of).map(shown).collect::<Vec<_>>().join("; ")
}

/// Why it waits.
pub(super) fn explained(job: &Job) -> Table {
    let waits = job.waits.as_ref();
    let why = match (reason(job), job.state.as_str()) {
        ("", "pending") => "The queue has not been looked at since it was submitted.",
        ("", _) => "It does not wait.",
        (reason, _) => reason,
    };
    let condition = |condition: &Condition| format!("{} {}", condition.name, condition.hosts);
    let hosts = waits.map(|waits| waits.funnel.iter().map(condition).collect::<Vec<_>>().join(", "));
    let row = vec![
        job.id.to_string(),
        job.state.as_str().to_owned(),
        why.to_owned(),
        waits.map(|waits| waits.ahead.to_string()).unwrap_or_default(),
        waits.and_then(|waits| waits.expected_start).map(shown).unwrap_or_default(),
        hosts.unwrap_or_default(),
        waits.map(|waits| shown(waits.computed_at)).unwrap_or_default(),
    ];
    Table::upright(&["id", "state", "why", "ahead", "starts by", "hosts", "looked at"], row)
}

/// Why it waits, or why its state is what it is; empty where nothing is to be said.
pub(super) fn reason(job: &Job) -> &str {
    let waits = job.waits.as_ref().map(|waits| waits.sentence.as_str());
    waits.or(job.reason.as_deref()).unwrap_or_default()
}

/// How one that has not completed has ended.
pub(super) fn ending(job: &Job) -> String {
    let code = job.exit_code.map(|code| format!("exit code {code}"));
    let exit = code.or_else(|| job.signal.map(|signal| format!("signal {signal}")));
    let reason = Some(reason(job)).filter(|reason| !reason.is_empty()).map(str::to_owned);
    let how = reason.or(exit).map(|how| format!(": {how}")).unwrap_or_default();
    format!("Job {} ({}): {}{how}", job.id, job.name, job.state.as_str())
}

/// Its script's exit code, or the signal that ended it.
fn exit(job: &Job) -> String {
    let signal = job.signal.map(|signal| format!("signal {signal}"));
    job.exit_code.map(|code| code.to_string()).or(signal).unwrap_or_default()
}

/// How long its script has run.
fn time(job: &Job, now: DateTime<Utc>) -> String {
    job.running_since.map(|since| duration(job.ended_at.unwrap_or(now) - since)).unwrap_or_default()
}

/// Its two largest units.
fn duration(of: TimeDelta) -> String {
    // A clock that was set back.
    let seconds = of.num_seconds().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let parts = [(days, "d"), (hours % 24, "h"), (minutes % 60, "m"), (seconds % 60, "s")];
    let of_use: Vec<String> = parts
        .into_iter()
        .skip_while(|(count, _)| *count == 0)
        .take(2)
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    if of_use.is_empty() { "0s".to_owned() } else { of_use.join(" ") }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::args::LIVE_STATES;

    /// One that has just been submitted, but for these fields.
    pub(crate) fn job(other: Value) -> Job {
        let mut job = json!({"id": 812, "name": "train.sh", "owner": "ada", "image": "docklet/base", "state": "pending",
            "held": false, "reason": null, "resources": {"cpus": 1.0, "memory_mib": 512}, "arguments": [],
            "time_limit_s": 3600, "output": "/root/job-812.out",
            "output_pattern": "job-%j.out", "submitted_at": "2027-01-01T00:00:00Z",
            "started_at": null, "running_since": null, "ended_at": null, "worker": null, "exit_code": null,
            "signal": null, "waits": null, "after": null, "begin_at": null, "deadline": null, "nice": 0, "environment": {},
            "directory": null, "warning": null, "retries": {}, "tags": [], "attempts": []});
        for (field, value) in other.as_object().expect("fields") {
            job[field] = value.clone();
        }
        serde_json::from_value(job).expect("a job")
    }

    #[test]
    fn how_long_is_said_in_two_units() {
        for (seconds, text) in
            [(-1, "0s"), (0, "0s"), (59, "59s"), (60, "1m"), (3_725, "1h 2m"), (86_401, "1d"), (90_000, "1d 1h")]
        {
            assert_eq!(duration(TimeDelta::seconds(seconds)), text);
        }
    }

    #[test]
    fn states_that_are_listed_without_all_are_those_that_are_not_over() {
        for state in ["completed", "failed", "cancelled", "timeout", "out_of_memory", "node_fail"] {
            assert!(job(json!({"state": state})).state.is_final(), "{state}");
        }
        for state in LIVE_STATES {
            assert!(!job(json!({"state": state})).state.is_final(), "{state}");
        }
    }

    #[test]
    fn attempts_are_told_where_there_is_more_than_one() {
        let attempt = |exit: Value, reason: Value, ended: Value| {
            json!({"worker": "hera", "started_at": "2027-01-01T00:00:00Z", "running_since": null, "ended_at": ended,
                "exit_code": exit, "signal": null, "reason": reason, "used": null})
        };
        let (ended, none) = (json!("2027-01-01T00:01:00Z"), Value::Null);
        let first = attempt(json!(75), none.clone(), ended.clone());
        let lost = attempt(none.clone(), json!("hera is gone"), ended);
        let now = attempt(none.clone(), none.clone(), none);
        assert_eq!(attempts(&job(json!({"attempts": [&first]})).attempts), "");
        let all = job(json!({"attempts": [first, lost, now]}));
        assert_eq!(attempts(&all.attempts), "1: exit code 75 on hera; 2: hera is gone on hera; 3: not over on hera");
    }

    #[test]
    fn how_a_job_has_ended_is_a_sentence() {
        for (other, text) in [
            (json!({"state": "failed", "exit_code": 3}), "Job 812 (train.sh): failed: exit code 3"),
            (json!({"state": "timeout", "signal": 15}), "Job 812 (train.sh): timeout: signal 15"),
            (json!({"state": "node_fail", "reason": "hera is gone"}), "Job 812 (train.sh): node_fail: hera is gone"),
            (json!({"state": "cancelled"}), "Job 812 (train.sh): cancelled"),
        ] {
            assert_eq!(ending(&job(other)), text);
        }
    }
}
