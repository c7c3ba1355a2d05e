//! Jobs as people see them: tables and sentences. Asks nothing.

use std::time::SystemTime;

use chrono::{DateTime, TimeDelta, Utc};
use wire::{
    job::{ArrayView, Attempt, Condition, Job, Waits},
    why::{Standing, WaitingFor, WhatIf},
};

use crate::{
    commands::lists::shown,
    output::{Output, Table},
};

/// Longer texts of indexes are cut.
const LONGEST_INDEXES: usize = 20;

const JOB: [&str; 25] = [
    "id",
    "name",
    "array",
    "state",
    "elements",
    "reason",
    "exit",
    "time",
    "time limit",
    "after",
    "not before",
    "deadline",
    "nice",
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

/// As a list has them. People see, too, which numbers an array has.
pub(super) fn table(jobs: &[Job], output: &Output) -> Table {
    let now = SystemTime::now().into();
    let row = |job: &Job| {
        let indexes = job.array.as_ref().filter(|_| output.is_for_people()).map(indexes);
        vec![
            format!("{}{}", job.reference(), indexes.unwrap_or_default()),
            job.name.clone(),
            job.state.as_str().to_owned(),
            time(job, now),
            exit(job),
            shown(job.submitted_at),
            [job.array.as_ref().map(how_far).as_deref().unwrap_or_default(), reason(job)].join(" ").trim().to_owned(),
        ]
    };
    Table::new(&["id", "name", "state", "time", "exit", "submitted", "reason"], jobs.iter().map(row))
}

/// Elements of an array.
pub(super) fn elements(elements: &[Job]) -> Table {
    let now = SystemTime::now().into();
    let at = |at: Option<DateTime<Utc>>| at.map(shown).unwrap_or_default();
    let row = |job: &Job| {
        vec![
            job.reference(),
            job.state.as_str().to_owned(),
            exit(job),
            time(job, now),
            job.worker.clone().unwrap_or_default(),
            at(job.started_at),
            at(job.ended_at),
            reason(job).to_owned(),
        ]
    };
    let headings = &["id", "state", "exit", "time", "host", "started", "ended", "reason"];
    Table::new(headings, elements.iter().map(row))
}

/// `[0-99]`.
fn indexes(array: &ArrayView) -> String {
    let all = array.indexes.split('%').next().unwrap_or_default();
    match all.get(..LONGEST_INDEXES) {
        Some(first) if all.len() > LONGEST_INDEXES => {
            format!("[{},…]", first.rsplit_once(',').map_or(first, |(whole, _)| whole))
        }
        _ => format!("[{all}]"),
    }
}

/// How many of its elements are over: `40/100`.
fn how_far(array: &ArrayView) -> String {
    format!("{}/{}", array.over(), array.size)
}

/// `40 completed, 60 pending`.
fn counts(array: &ArrayView) -> String {
    let counted = array.states.iter().map(|(state, count)| format!("{count} {state}"));
    counted.collect::<Vec<_>>().join(", ")
}

/// With all of it but its script.
pub(super) fn upright(job: &Job) -> Table {
    let at = |at: Option<DateTime<Utc>>| at.map(shown).unwrap_or_default();
    let row = vec![
        job.reference(),
        job.name.clone(),
        job.array.as_ref().map(|array| array.indexes.clone()).unwrap_or_default(),
        job.state.as_str().to_owned(),
        job.array.as_ref().map(counts).unwrap_or_default(),
        reason(job).to_owned(),
        exit(job),
        time(job, SystemTime::now().into()),
        duration(TimeDelta::seconds(job.time_limit_s.into())),
        job.after.clone().unwrap_or_default(),
        at(job.begin_at),
        at(job.deadline),
        if job.nice == 0 { String::new() } else { job.nice.to_string() },
        shown(job.submitted_at),
        at(job.started_at),
        at(job.ended_at),
        job.worker.clone().unwrap_or_default(),
        job.image.clone(),
        resources(job),
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
        let exit = exit_by(attempt.exit_code, attempt.signal);
        let not_over = if attempt.ended_at.is_none() { "not over" } else { "no exit code" };
        let what = exit.or_else(|| attempt.reason.clone()).unwrap_or_else(|| not_over.to_owned());
        format!("{number}: {what} on {}", attempt.worker)
    };
    (1..).zip(of).map(shown).collect::<Vec<_>>().join("; ")
}

/// Why it waits, and what would start it earlier.
pub(super) fn explained(job: &Job, what_ifs: &[WhatIf]) -> Table {
    let waits = job.waits.as_ref();
    let why = match (reason(job), job.state.as_str()) {
        ("", "pending") => "The queue has not been looked at since it was submitted.",
        ("", _) => "It does not wait.",
        (reason, _) => reason,
    };
    let condition = |condition: &Condition| format!("{} {}", condition.name, condition.hosts);
    let hosts = waits.map(|waits| waits.funnel.iter().map(condition).collect::<Vec<_>>().join(", "));
    let from = waits.and_then(|waits| waits.expected_from);
    let row = vec![
        job.reference(),
        job.state.as_str().to_owned(),
        why.to_owned(),
        waits.map(ahead).unwrap_or_default(),
        from.map(|from| format!("{} (an estimate)", shown(from))).unwrap_or_default(),
        waits.and_then(|waits| waits.expected_start).map(shown).unwrap_or_default(),
        what_ifs.iter().map(|what_if| what_if.sentence.as_str()).collect::<Vec<_>>().join("; "),
        hosts.unwrap_or_default(),
        waits.map(|waits| shown(waits.computed_at)).unwrap_or_default(),
    ];
    let headings = &["id", "state", "why", "ahead", "starts from", "starts by", "what if", "hosts", "computed"];
    Table::upright(headings, row)
}

/// How many jobs come before it, and what those asked for.
fn ahead(waits: &Waits) -> String {
    match waits.ahead {
        0 => "0".to_owned(),
        jobs => format!("{jobs} ({:.1} CPU-hours)", waits.ahead_cpu_hours),
    }
}

/// What one has used, and why one's jobs wait.
pub(super) fn stands(standing: &Standing) -> Table {
    let waiting = |WaitingFor { code, jobs }: &WaitingFor| format!("{} {jobs}", code.as_str());
    let waiting: Vec<String> = standing.waiting.iter().map(waiting).collect();
    let waiting = if waiting.is_empty() { "none".to_owned() } else { waiting.join(", ") };
    let running = format!("{} CPUs", standing.running_cpus);
    Table::upright(&["share", "running", "waiting"], vec![standing.sentence.clone(), running, waiting])
}

/// Why it waits, or why its state is what it is; empty where nothing is to be said.
pub(super) fn reason(job: &Job) -> &str {
    let waits = job.waits.as_ref().map(|waits| waits.sentence.as_str());
    waits.or(job.reason.as_deref()).unwrap_or_default()
}

/// How one that has not completed has ended.
pub(super) fn ending(job: &Job) -> String {
    let exit = exit_by(job.exit_code, job.signal);
    let reason = Some(reason(job)).filter(|reason| !reason.is_empty()).map(str::to_owned);
    let elements = job.array.as_ref().map(counts);
    let how = elements.or(reason).or(exit).map(|how| format!(": {how}")).unwrap_or_default();
    format!("Job {} ({}): {}{how}", job.reference(), job.name, job.state.as_str())
}

/// `exit code 3`, `signal 9`.
fn exit_by(code: Option<u8>, signal: Option<u8>) -> Option<String> {
    code.map(|code| format!("exit code {code}")).or_else(|| signal.map(|signal| format!("signal {signal}")))
}

/// What it asked for.
pub(super) fn resources(job: &Job) -> String {
    format!("{} CPUs, {} MiB", job.resources.cpus, job.resources.memory_mib)
}

/// Its script's exit code, or the signal that ended it.
pub(super) fn exit(job: &Job) -> String {
    let signal = job.signal.map(|signal| format!("signal {signal}"));
    job.exit_code.map(|code| code.to_string()).or(signal).unwrap_or_default()
}

/// How long its script has run.
pub(super) fn time(job: &Job, now: DateTime<Utc>) -> String {
    job.running_since.map(|since| duration(job.ended_at.unwrap_or(now) - since)).unwrap_or_default()
}

/// Its two largest units.
pub(super) fn duration(of: TimeDelta) -> String {
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
    use crate::{args::LIVE_STATES, output::Format};

    /// One that has just been submitted, but for these fields.
    pub(crate) fn job(other: Value) -> Job {
        let mut job = json!({"id": 812, "name": "train.sh", "owner": "ada", "image": "docklet/base", "state": "pending",
            "held": false, "reason": null, "resources": {"cpus": 1.0, "memory_mib": 512}, "arguments": [],
            "time_limit_s": 3600, "output": "/root/job-812.out",
            "output_pattern": "job-%j.out", "submitted_at": "2027-01-01T00:00:00Z",
            "started_at": null, "running_since": null, "ended_at": null, "worker": null, "exit_code": null,
            "signal": null, "waits": null, "after": null, "begin_at": null, "deadline": null, "nice": 0,
            "environment": {}, "directory": null, "warning": null,
            "retries": {"most": 0, "exit_codes": [], "host_lost": false}, "tags": [], "attempts": []});
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
        for state in ["completed", "failed", "cancelled", "timeout", "out_of_memory", "node_fail", "deadline"] {
            assert!(job(json!({"state": state})).state.is_final(), "{state}");
        }
        for state in LIVE_STATES {
            assert!(!job(json!({"state": state})).state.is_final(), "{state}");
        }
    }

    #[test]
    fn why_it_waits_is_told_with_what_would_start_it_earlier() {
        let waits = json!({"code": "capacity", "sentence": "no room", "ahead": 3, "ahead_cpu_hours": 12.5,
            "expected_start": null, "expected_from": null, "funnel": [{"name": "hosts", "hosts": 2}],
            "computed_at": "2027-01-01T00:00:00Z"});
        let fewer = json!({"sentence": "with 2 instead of 8 CPUs it would start now", "cpus": 2.0, "memory_mib": null,
            "time_limit_s": null, "release": false, "starts_at": "2027-01-01T00:00:00Z", "now": true});
        let what_ifs: Vec<WhatIf> = serde_json::from_value(json!([fewer])).expect("what-ifs");
        let told = format!("{:?}", explained(&job(json!({"waits": waits})), &what_ifs));
        for part in ["no room", "3 (12.5 CPU-hours)", "with 2 instead of 8 CPUs it would start now", "hosts 2"] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }

    #[test]
    fn how_one_stands_is_told_with_the_reasons_of_what_waits() {
        let standing = json!({"sentence": "You have used 3.1 × your share.", "used_cpu_hours": 12.0, "of_all": 0.5,
            "times_of_share": 3.1, "half_life_s": 604_800, "running_cpus": 1.5, "decides": true,
            "waiting": [{"code": "capacity", "jobs": 3}, {"code": "held", "jobs": 1}]});
        let told = format!("{:?}", stands(&serde_json::from_value(standing).expect("a standing")));
        for part in ["You have used 3.1 × your share.", "1.5 CPUs", "capacity 3, held 1"] {
            assert!(told.contains(part), "{part}: {told}");
        }
    }

    #[test]
    fn an_array_says_how_far_it_is_and_programs_get_its_number_alone() {
        let of = |indexes: &str| {
            let array =
                json!({"indexes": indexes, "size": 100, "states": {"completed": 37, "failed": 3, "pending": 60}});
            job(json!({"array": array}))
        };
        let array = |indexes: &str| of(indexes).array.expect("an array");
        assert_eq!((indexes(&array("0-99%10")).as_str(), how_far(&array("0-99")).as_str()), ("[0-99]", "40/100"));
        assert_eq!(indexes(&array("1,3,5,7,9,11,13,15,17")), "[1,3,5,7,9,11,13,15,…]");
        let first = |format: Format| {
            let table = table(&[of("0-99")], &Output::new(format, false, false));
            format!("{table:?}").contains("812[0-99]")
        };
        assert!(first(Format::Table) && !first(Format::Csv) && !first(Format::Name));
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
        let array = json!({"indexes": "0-99", "size": 100, "states": {"completed": 37, "failed": 3, "pending": 60}});
        for (other, text) in [
            (json!({"state": "failed", "exit_code": 3}), "Job 812 (train.sh): failed: exit code 3"),
            (json!({"state": "timeout", "signal": 15}), "Job 812 (train.sh): timeout: signal 15"),
            (json!({"state": "node_fail", "reason": "hera is gone"}), "Job 812 (train.sh): node_fail: hera is gone"),
            (json!({"state": "cancelled"}), "Job 812 (train.sh): cancelled"),
            (
                json!({"state": "failed", "array": array}),
                "Job 812 (train.sh): failed: 37 completed, 3 failed, 60 pending",
            ),
            (
                json!({"id": 815, "state": "failed", "exit_code": 3, "element": {"of": 812, "index": 7}}),
                "Job 812_7 (train.sh): failed: exit code 3",
            ),
        ] {
            assert_eq!(ending(&job(other)), text);
        }
    }
}
