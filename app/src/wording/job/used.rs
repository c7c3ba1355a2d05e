//! What a job has used of what it asked for, and what would have been enough, in words.

use catalogue::t;
use chrono::TimeDelta;
use wire::job::Job;

use crate::wording::{
    amount::{cpus, memory, percent},
    time::took,
    usage::share,
};

/// How much of something was used: in percent, and in words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Level {
    pub(crate) name: String,
    pub(crate) percent: f64,
    pub(crate) words: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Used {
    pub(crate) levels: [Level; 2],
    /// What to ask for the next time; a sentence each.
    pub(crate) advice: Vec<String>,
}

/// `None` until it is over, and where it is not known.
pub(crate) fn used(job: &Job) -> Option<Used> {
    let (used, efficiency) = (job.used()?, job.efficiency?);
    let (asked_cpus, asked_mib) = (job.resources.cpus, u64::try_from(job.resources.memory_mib).unwrap_or(0));
    let (cpu, all_cpu) = (used.cpu_seconds, asked_cpus * efficiency.ran_s);
    let level = |name: String, part: f64, used: String, asked: String| {
        let words = t!("job-used-of", used = used, asked = asked);
        Level { name, percent: percent(part, 1.0), words }
    };
    // Memory as people read it: no part of a MiB.
    let peak = memory(used.peak_memory_mib.ceil() as u64);
    let levels = [
        level(t!("job-used-cpu"), efficiency.cpu, length(cpu), length(all_cpu)),
        level(t!("job-used-memory"), efficiency.memory, peak, memory(asked_mib)),
    ];
    let advice = |part: f64, asked: String, enough: String| {
        t!("job-used-advice", share = share(part, 1.0), asked = asked, enough = enough)
    };
    let of_cpus = efficiency.enough_cpus.map(|enough| advice(efficiency.cpu, cpus(asked_cpus), cpus(enough)));
    let enough_mib = efficiency.enough_memory_mib.map(u64::from);
    let of_memory = enough_mib.map(|enough| advice(efficiency.memory, memory(asked_mib), memory(enough)));
    Some(Used { levels, advice: of_cpus.into_iter().chain(of_memory).collect() })
}

fn length(seconds: f64) -> String {
    // More than anything can use becomes the most there is, which is no length.
    took(TimeDelta::try_milliseconds((seconds * 1000.0) as i64).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use domain::job::JobState;
    use wire::job::{Attempt, Efficiency, Used as WireUsed};

    use super::*;
    use crate::wording::samples::{at, job};

    /// Of 2 CPUs and 4 GiB, after 538 seconds.
    fn ended(efficiency: Option<Efficiency>) -> Job {
        let attempt = Attempt {
            worker: "hera".into(),
            started_at: at(60),
            running_since: Some(at(62)),
            ended_at: Some(at(600)),
            exit_code: Some(0),
            signal: None,
            reason: None,
            used: Some(WireUsed { cpu_seconds: 43.0, peak_memory_mib: 245.2 }),
        };
        Job { attempts: vec![attempt], efficiency, ..job(JobState::Completed) }
    }

    #[test]
    fn what_was_used_is_said_beside_what_was_asked_for() {
        let found =
            Efficiency { cpu: 0.04, memory: 0.06, ran_s: 538.0, enough_cpus: Some(0.25), enough_memory_mib: Some(512) };
        let Used { levels, advice } = used(&ended(Some(found))).expect("it is known");
        let words: Vec<&str> = levels.iter().map(|level| level.words.as_str()).collect();
        assert_eq!(words, ["43 s of 17 min", "246 MiB of 4 GiB"]);
        assert!((levels[0].percent - 4.0).abs() < 1e-9 && (levels[1].percent - 6.0).abs() < 1e-9, "{levels:?}");
        assert_eq!(
            advice,
            [
                "It used 4 % of 2 CPUs. With 0.25 CPU it may start earlier.",
                "It used 6 % of 4 GiB. With 512 MiB it may start earlier."
            ]
        );
        let well = Efficiency { cpu: 1.02, enough_cpus: None, enough_memory_mib: None, ..found };
        let Used { levels, advice } = used(&ended(Some(well))).expect("it is known");
        assert_eq!((levels[0].percent, advice), (100.0, Vec::<String>::new()));
    }

    #[test]
    fn nothing_is_said_where_nothing_is_known() {
        assert_eq!(used(&ended(None)), None);
        assert_eq!(used(&job(JobState::Running)), None);
    }
}
