//! What a job is doing, why it waits and how it ended, in words; and the tone each state is shown in.

mod used;

use catalogue::t;
use chrono::{DateTime, TimeDelta, Utc};
use domain::job::JobState;
use wire::{
    job::{Job, WaitCode},
    why::WhatIf,
};

use super::{
    amount::{cpus, memory},
    array::how_far,
    time::{length, since, took},
    vcluster::Tone,
};
pub(crate) use used::{Level, Used, used};

pub(crate) const fn tone(state: JobState) -> Tone {
    match state {
        JobState::Pending => Tone::Warning,
        JobState::Configuring | JobState::Completing => Tone::Busy,
        JobState::Running => Tone::Good,
        JobState::Completed | JobState::Cancelled => Tone::Quiet,
        JobState::Failed | JobState::Timeout | JobState::OutOfMemory | JobState::NodeFail | JobState::Deadline => {
            Tone::Bad
        }
    }
}

/// The state as people say it.
pub(crate) fn state_word(job: &Job) -> String {
    match job.state {
        JobState::Pending if job.held => t!("job-state-held"),
        JobState::Pending => t!("job-state-pending"),
        JobState::Configuring => t!("job-state-configuring"),
        JobState::Running => t!("job-state-running"),
        JobState::Completing => t!("job-state-completing"),
        JobState::Completed => t!("job-state-completed"),
        JobState::Failed => t!("job-state-failed"),
        JobState::Cancelled => t!("job-state-cancelled"),
        JobState::Timeout => t!("job-state-timeout"),
        JobState::OutOfMemory => t!("job-state-out-of-memory"),
        JobState::NodeFail => t!("job-state-node-fail"),
        JobState::Deadline => t!("job-state-deadline"),
    }
}

/// What kind of reason it is that it waits.
pub(crate) fn wait_word(job: &Job) -> String {
    match job.waits.as_ref().map(|waits| waits.code) {
        None if job.held => t!("job-waits-held"),
        None => t!("job-waits-unknown"),
        Some(code) => code_word(code),
    }
}

pub(crate) fn code_word(code: WaitCode) -> String {
    match code {
        WaitCode::Held => t!("job-waits-held"),
        WaitCode::Impossible => t!("job-waits-impossible"),
        WaitCode::Dependency => t!("job-waits-dependency"),
        WaitCode::NotBefore => t!("job-waits-not-before"),
        WaitCode::ArrayLimit => t!("job-waits-array-limit"),
        WaitCode::Limit => t!("job-waits-limit"),
        WaitCode::Priority => t!("job-waits-priority"),
        WaitCode::Capacity => t!("job-waits-capacity"),
    }
}

/// A change that would let it start earlier, and when: `With 2 CPUs: now`.
pub(crate) fn what_if(found: &WhatIf, now: DateTime<Utc>) -> String {
    let when = if found.now { t!("job-what-if-now") } else { latest(found.starts_at, now) };
    match *found {
        WhatIf { cpus: Some(n), .. } => t!("job-what-if-size", size = cpus(n), when = when),
        WhatIf { memory_mib: Some(mib), .. } => t!("job-what-if-size", size = memory(mib.into()), when = when),
        WhatIf { time_limit_s: Some(seconds), .. } => {
            t!("job-what-if-time", length = length(TimeDelta::seconds(seconds.into())), when = when)
        }
        _ => t!("job-what-if-released", when = when),
    }
}

/// When something will be at the earliest: `in 5 min`, `soon`.
pub(crate) fn earliest(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    if at <= now { t!("job-soon") } else { t!("job-earliest", length = since(now, at)) }
}

/// A condition that a host meets, as the server names it.
pub(crate) fn condition_word(name: &str) -> String {
    match name {
        "hosts" => t!("job-condition-all"),
        "ready" => t!("job-condition-ready"),
        "runtime" => t!("job-condition-runtime"),
        "size" => t!("job-condition-size"),
        "free" => t!("job-condition-free"),
        other => other.to_owned(),
    }
}

/// How a script ended: `exit code 2`, `signal 9 (SIGKILL)`; nothing where it has not, or did not run to its end.
pub(crate) fn exit(job: &Job) -> Option<String> {
    exit_by(job.exit_code, job.signal)
}

pub(crate) fn exit_by(code: Option<u8>, signal: Option<u8>) -> Option<String> {
    let code = code.map(|code| t!("job-exit-code", code = code.to_string()));
    code.or_else(|| {
        let signal = signal?;
        let number = signal.to_string();
        Some(match signal_name(signal) {
            Some(name) => t!("job-exit-signal", number = number, name = name),
            None => t!("job-exit-signal-unnamed", number = number),
        })
    })
}

/// Of those that end programs.
const fn signal_name(number: u8) -> Option<&'static str> {
    Some(match number {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        13 => "SIGPIPE",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        _ => return None,
    })
}

/// `2 CPUs · 4 GiB`.
pub(crate) fn asked_for(job: &Job) -> String {
    let mib = u64::try_from(job.resources.memory_mib).unwrap_or(0);
    format!("{} · {}", cpus(job.resources.cpus), memory(mib))
}

/// How long it may run: `1 h`.
pub(crate) fn time_limit(job: &Job) -> String {
    length(TimeDelta::seconds(job.time_limit_s.into()))
}

/// Its script runs, or is about to end.
const fn is_on(state: JobState) -> bool {
    matches!(state, JobState::Running | JobState::Completing)
}

/// How long it waits or runs, or how long it ran: `waits 9 min`, `46 min`, `0.8 s`; how far an array is that has begun.
pub(crate) fn spent(job: &Job, now: DateTime<Utc>) -> String {
    if let Some(array) = job.array.as_ref().filter(|array| array.count(|state| state == JobState::Pending) < array.size)
    {
        return how_far(array);
    }
    if job.state == JobState::Pending {
        return t!("job-waits-for", length = since(job.submitted_at, now));
    }
    match (job.running_since, job.ended_at) {
        (Some(began), Some(ended)) => took(ended - began),
        (Some(began), None) => since(began, now),
        (None, _) => "–".to_owned(),
    }
}

/// How much of its time limit has passed, from 0 to 1, and that in words: `46 min of 2 h`. Nothing unless it runs.
pub(crate) fn progress(job: &Job, now: DateTime<Utc>) -> Option<(f64, String)> {
    let began = job.running_since.filter(|_| is_on(job.state))?;
    // A time limit is at most a month, and what is beyond it is not shown: far below 2^53.
    let passed = (now - began).num_seconds().max(0) as f64 / f64::from(job.time_limit_s.max(1));
    let words = t!("job-of-limit", length = since(began, now), limit = time_limit(job));
    Some((passed.min(1.0), words))
}

/// When something will be at the latest: `in 12 min or earlier`, `soon` where its time has come.
pub(crate) fn latest(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    if at <= now { t!("job-soon") } else { t!("job-latest", length = since(now, at)) }
}

/// When a step of a job was, or will be at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Was(DateTime<Utc>),
    By(DateTime<Utc>),
    Unknown,
}

/// A step on a job's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) moment: Moment,
    /// The tone of where the job is now; `None` for a step that lies behind or ahead.
    pub(crate) now: Option<Tone>,
}

/// From being submitted to its end. What it never came to is left out; an array comes to its elements' turns one by one.
pub(crate) fn steps(job: &Job) -> Vec<Step> {
    let was = |at: Option<DateTime<Utc>>| at.map_or(Moment::Unknown, Moment::Was);
    let by = |at: Option<DateTime<Utc>>| at.map_or(Moment::Unknown, Moment::By);
    let is_over = job.state.is_final();
    let has_turn = job.started_at.is_some() || !is_over && job.array.is_none();
    let may_run = job.running_since.is_some() || !is_over && job.array.is_none();
    let expected = job.waits.as_ref().and_then(|waits| waits.expected_start);
    let latest_end = job.running_since.map(|began| began + TimeDelta::seconds(job.time_limit_s.into()));
    let step = |name: String, moment: Moment, is_now: bool| Step { name, moment, now: is_now.then(|| tone(job.state)) };
    let turn = job.started_at.map_or_else(|| by(expected), Moment::Was);
    let steps = [
        (true, step(t!("job-step-submitted"), Moment::Was(job.submitted_at), job.state == JobState::Pending)),
        (has_turn, step(t!("job-step-turn"), turn, job.state == JobState::Configuring)),
        (may_run, step(t!("job-step-running"), was(job.running_since), is_on(job.state))),
        (true, step(t!("job-step-ended"), job.ended_at.map_or_else(|| by(latest_end), Moment::Was), is_over)),
    ];
    steps.into_iter().filter_map(|(is_there, step)| is_there.then_some(step)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::samples::{array, at, job};

    #[test]
    fn an_end_is_said_by_its_code_or_its_signal() {
        assert_eq!(exit(&job(JobState::Completed)).as_deref(), Some("exit code 0"));
        assert_eq!(exit(&job(JobState::Failed)).as_deref(), Some("exit code 2"));
        assert_eq!(exit(&job(JobState::OutOfMemory)).as_deref(), Some("signal 9 (SIGKILL)"));
        assert_eq!(exit(&Job { signal: Some(60), ..job(JobState::Running) }).as_deref(), Some("signal 60"));
        assert_eq!(exit(&job(JobState::Running)), None);
    }

    #[test]
    fn a_job_says_how_long_it_waits_runs_or_ran() {
        assert_eq!(spent(&job(JobState::Pending), at(540)), "waits 9 min");
        assert_eq!(spent(&job(JobState::Configuring), at(61)), "–");
        assert_eq!(spent(&job(JobState::Running), at(182)), "2 min");
        assert_eq!(spent(&job(JobState::Failed), at(9999)), "8 min");
    }

    #[test]
    fn what_would_help_is_said_with_when_it_would_start() {
        let none = WhatIf {
            sentence: String::new(),
            cpus: None,
            memory_mib: None,
            time_limit_s: None,
            release: false,
            starts_at: at(720),
            now: false,
        };
        let fewer = WhatIf { cpus: Some(2.0), now: true, ..none.clone() };
        let shorter = WhatIf { time_limit_s: Some(1800), ..none.clone() };
        let released = WhatIf { release: true, ..none.clone() };
        let said = [&fewer, &WhatIf { memory_mib: Some(512), ..none }, &shorter, &released];
        assert_eq!(
            said.map(|found| what_if(found, at(0))),
            [
                "With 2 CPUs: now",
                "With 512 MiB: in 12 min or earlier",
                "With a time limit of 30 min: in 12 min or earlier",
                "Once released: in 12 min or earlier"
            ]
        );
        assert_eq!([earliest(at(300), at(0)), earliest(at(0), at(0))], ["in 5 min", "soon"]);
    }

    #[test]
    fn progress_is_measured_by_the_time_limit() {
        let (part, words) = progress(&job(JobState::Running), at(62 + 900)).expect("it runs");
        assert!((part - 0.25).abs() < 1e-9);
        assert_eq!(words, "15 min of 1 h");
        assert_eq!(progress(&job(JobState::Running), at(99_999)).map(|(part, _)| part), Some(1.0));
        assert_eq!(progress(&job(JobState::Completed), at(99_999)), None);
    }

    #[test]
    fn a_job_that_is_held_says_so_whatever_else_would_keep_it() {
        let held = Job { held: true, waits: None, ..job(JobState::Pending) };
        assert_eq!((state_word(&held), wait_word(&held)), ("held".into(), "It is held".into()));
        assert_eq!(state_word(&job(JobState::Pending)), "pending");
    }

    #[test]
    fn its_steps_say_when_they_were_and_when_they_will_be_at_the_latest() {
        let moments = |job: &Job| steps(job).into_iter().map(|step| step.moment).collect::<Vec<_>>();
        let waits = job(JobState::Pending);
        assert_eq!(moments(&waits), [Moment::Was(at(0)), Moment::Unknown, Moment::Unknown, Moment::Unknown]);
        let runs = [Moment::Was(at(0)), Moment::Was(at(60)), Moment::Was(at(62)), Moment::By(at(3662))];
        assert_eq!(moments(&job(JobState::Running)), runs);
        let now: Vec<Option<Tone>> = steps(&job(JobState::Running)).into_iter().map(|step| step.now).collect();
        assert_eq!(now, [None, None, Some(Tone::Good), None]);
    }

    #[test]
    fn what_it_never_came_to_is_no_step_of_it() {
        let cancelled = Job { started_at: None, running_since: None, ..job(JobState::Cancelled) };
        let moments: Vec<Moment> = steps(&cancelled).into_iter().map(|step| step.moment).collect();
        assert_eq!(moments, [Moment::Was(at(0)), Moment::Was(at(600))]);
    }

    #[test]
    fn an_array_says_how_far_it_is_once_it_has_begun() {
        let of = |states: &[(&str, u32)]| Job { array: Some(array(states)), ..job(JobState::Pending) };
        assert_eq!(spent(&of(&[("pending", 100)]), at(540)), "waits 9 min");
        assert_eq!(spent(&of(&[("completed", 40), ("pending", 60)]), at(540)), "40 of 100 finished");
        let moments: Vec<Moment> = steps(&of(&[("running", 100)])).into_iter().map(|step| step.moment).collect();
        assert_eq!(moments, [Moment::Was(at(0)), Moment::Unknown], "its elements have turns of their own");
    }

    #[test]
    fn what_lies_ahead_is_said_as_a_length() {
        assert_eq!([latest(at(720), at(0)), latest(at(0), at(0))], ["in 12 min or earlier", "soon"]);
    }
}
