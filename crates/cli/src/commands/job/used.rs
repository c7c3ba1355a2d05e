//! What jobs have used, as tables: those that are over, and how well each used what it asked for. Asks nothing.

use std::time::SystemTime;

use chrono::TimeDelta;
use wire::job::{Efficiency, Job};

use super::shown::{duration, exit, resources, time};
use crate::{commands::lists::shown, output::Table};

/// Those that are over.
pub(super) fn history(jobs: &[Job]) -> Table {
    let headings = &["id", "name", "state", "exit", "time", "cpu time", "peak memory", "ended"];
    Table::new(headings, jobs.iter().map(ended))
}

fn ended(job: &Job) -> Vec<String> {
    let used = job.used();
    vec![
        job.reference(),
        job.name.clone(),
        job.state.as_str().to_owned(),
        exit(job),
        time(job, SystemTime::now().into()),
        used.map(|used| seconds(used.cpu_seconds)).unwrap_or_default(),
        used.map(|used| format!("{:.0} MiB", used.peak_memory_mib.ceil())).unwrap_or_default(),
        job.ended_at.map(shown).unwrap_or_default(),
    ]
}

/// How much of what each asked for it has used, and what to ask for the next time.
pub(super) fn efficiency(jobs: &[Job]) -> Table {
    Table::new(&["id", "cpu", "memory", "time", "asked for", "advice"], jobs.iter().map(judged))
}

fn judged(job: &Job) -> Vec<String> {
    let found = job.efficiency.as_ref();
    vec![
        job.reference(),
        found.map(|of| percent(of.cpu)).unwrap_or_default(),
        found.map(|of| percent(of.memory)).unwrap_or_default(),
        found.map(|of| seconds(of.ran_s)).unwrap_or_default(),
        resources(job),
        advice(job),
    ]
}

/// In the words of `docklet job submit`.
fn advice(job: &Job) -> String {
    if job.array.is_some() {
        return format!("an array: see docklet job elements {}", job.id);
    }
    let Some(Efficiency { enough_cpus, enough_memory_mib, .. }) = job.efficiency else {
        let why = if job.state.is_final() { "what it used is not known" } else { "it is not over" };
        return why.to_owned();
    };
    let options =
        [enough_cpus.map(|cpus| format!("--cpus {cpus}")), enough_memory_mib.map(|mib| format!("--memory {mib}"))];
    let options: Vec<String> = options.into_iter().flatten().collect();
    if options.is_empty() {
        String::new()
    } else {
        format!("{} is enough, and such a job may start earlier", options.join(" "))
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Fine where it is short.
fn seconds(seconds: f64) -> String {
    if seconds < 10.0 {
        return format!("{seconds:.1}s");
    }
    // More than any job can use becomes the most there is.
    TimeDelta::try_seconds(seconds as i64).map(duration).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{super::shown::tests::job, *};

    #[test]
    fn how_well_a_job_used_what_it_asked_for_is_said_with_what_to_submit_the_next_time() {
        let resources = json!({"cpus": 2.0, "memory_mib": 4096});
        for (cpus, memory, advice) in [
            (json!(0.25), json!(512), "--cpus 0.25 --memory 512 is enough, and such a job may start earlier"),
            (Value::Null, json!(512), "--memory 512 is enough, and such a job may start earlier"),
            (Value::Null, Value::Null, ""),
        ] {
            let efficiency =
                json!({"cpu": 0.042, "memory": 0.06, "ran_s": 725.0, "enough_cpus": cpus, "enough_memory_mib": memory});
            let job = job(json!({"state": "completed", "resources": resources, "efficiency": efficiency}));
            assert_eq!(judged(&job), ["812", "4 %", "6 %", "12m 5s", "2 CPUs, 4096 MiB", advice]);
        }
        for (state, advice) in [("completed", "what it used is not known"), ("running", "it is not over")] {
            assert_eq!(judged(&job(json!({"state": state})))[1..], ["", "", "", "1 CPUs, 512 MiB", advice]);
        }
        let array = json!({"indexes": "0-99", "size": 100, "states": {"completed": 100}});
        let advice = judged(&job(json!({"state": "completed", "array": array}))).pop();
        assert_eq!(advice.as_deref(), Some("an array: see docklet job elements 812"));
        let element = judged(&job(json!({"id": 815, "element": {"of": 812, "index": 7}})));
        assert_eq!(element[0], "812_7", "as every command names it");
    }

    #[test]
    fn what_a_job_has_used_is_its_last_attempt_s() {
        let attempt = |cpu: f64| {
            json!({"worker": "hera", "started_at": "2027-01-01T00:00:00Z", "running_since": null, "ended_at": null,
                "exit_code": null, "signal": null, "reason": null,
                "used": {"cpu_seconds": cpu, "peak_memory_mib": 245.2}})
        };
        let tried = job(json!({"state": "failed", "exit_code": 3, "attempts": [attempt(90.0), attempt(1.5)],
            "running_since": "2027-01-01T00:00:00Z", "ended_at": "2027-01-01T00:01:05Z"}));
        assert_eq!(ended(&tried)[..7], ["812", "train.sh", "failed", "3", "1m 5s", "1.5s", "246 MiB"]);
        assert_eq!(ended(&job(json!({"state": "cancelled"})))[2..], ["cancelled", "", "", "", "", ""], "it never ran");
    }

    #[test]
    fn seconds_are_fine_where_they_are_few() {
        assert_eq!([0.26, 10.0, 3_725.9, f64::MAX].map(seconds), ["0.3s", "10s", "1h 2m", ""]);
    }
}
