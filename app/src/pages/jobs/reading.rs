//! What the form of a new job means: the job it submits, and the form that would submit a job again. Pure.

mod run;

use std::hash::{DefaultHasher, Hash, Hasher};

use domain::{
    Violation,
    job::{OutputPath, TimeLimit},
};
use wire::{
    job::{Job, SubmitJob},
    vcluster::NodeResources,
};

use super::{
    draft::{JobForm, RunForm, TICKED},
    moment::moment,
};
use crate::{pages::vclusters::order::number, zone::Zone};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

impl JobForm {
    /// With what is usual for everything.
    pub(crate) fn usual(image: String, key: String) -> Self {
        Self {
            name: "job".into(),
            image,
            cpus: "1".into(),
            memory: "1 GiB".into(),
            time_limit: clock(TimeLimit::USUAL.seconds()),
            script: "#!/bin/bash\n".into(),
            arguments: String::new(),
            output: OutputPath::USUAL.into(),
            after: String::new(),
            begin_at: String::new(),
            deadline: String::new(),
            nice: String::new(),
            zone: String::new(),
            hold: String::new(),
            array: String::new(),
            run: RunForm::default(),
            key,
        }
    }

    /// Submits a job like this one, which waits for no other job, for no time, and for nobody to release it. Like an element of
    /// an array, it is for the same number.
    pub(crate) fn like(job: Job, key: String) -> Self {
        let index = job.element.map(|element| element.index.to_string());
        let run = RunForm::like(&job);
        Self {
            array: job.array.map(|array| array.indexes).or(index).unwrap_or_default(),
            name: job.name,
            image: job.image,
            cpus: job.resources.cpus.to_string(),
            memory: size(job.resources.memory_mib),
            time_limit: clock(job.time_limit_s),
            script: job.script.unwrap_or_default(),
            arguments: job.arguments.join("\n"),
            output: job.output_pattern,
            // What that one waited for is over.
            after: String::new(),
            begin_at: String::new(),
            deadline: String::new(),
            nice: if job.nice == 0 { String::new() } else { job.nice.to_string() },
            zone: String::new(),
            hold: String::new(),
            run,
            key,
        }
    }

    /// With these in place of its own, where they are not empty.
    #[must_use]
    pub(crate) fn with(self, cpus: String, memory: String, time_limit: String) -> Self {
        let or = |given: String, own: String| if given.is_empty() { own } else { given };
        Self {
            cpus: or(cpus, self.cpus),
            memory: or(memory, self.memory),
            time_limit: or(time_limit, self.time_limit),
            ..self
        }
    }

    /// The job, or every field that is no number where one is needed. What is too much or too little is control's to say.
    pub(crate) fn parse(&self) -> Result<SubmitJob, Vec<Violation>> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, rule: &str| faults.push(Violation::new(field, rule));
        let cpus = number(&self.cpus).unwrap_or_else(|| {
            fault("resources.cpus", "must be a number, such as 0.5 or 2");
            0.0
        });
        let memory_mib = mebibytes(&self.memory).unwrap_or_else(|| {
            fault("resources.memory_mib", "must be a size, such as 512 MiB or 4 GiB");
            0
        });
        let time_limit_s = seconds(&self.time_limit).unwrap_or_else(|| {
            fault("time_limit_s", "must be a length of time, such as 1:30:00 (hours first), 90 min or 2 d");
            0
        });
        let zone = Zone::parse(&self.zone).unwrap_or_else(Zone::utc);
        let mut time = |field: &str, text: &str| {
            let at = moment(&filled(text)?, &zone);
            if at.is_none() {
                fault(field, "must be a date and a time, such as 2027-01-31T16:00");
            }
            at
        };
        let (begin_at, deadline) = (time("begin_at", &self.begin_at), time("deadline", &self.deadline));
        let nice = match self.nice.trim() {
            "" => 0,
            nice => nice.parse().unwrap_or_else(|_| {
                fault("nice", "must be a whole number, such as 100");
                0
            }),
        };
        let resources = NodeResources { cpus, memory_mib };
        let (name, image) = (self.name.trim().to_owned(), self.image.trim().to_owned());
        let submit = SubmitJob {
            arguments: self.arguments.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect(),
            time_limit_s,
            output: filled(&self.output).unwrap_or_else(|| OutputPath::USUAL.to_owned()),
            hold: self.hold == TICKED,
            after: filled(&self.after),
            begin_at,
            deadline,
            nice,
            array: filled(&self.array),
            // A form's lines end as in Windows.
            ..SubmitJob::new(name, image, resources, self.script.replace("\r\n", "\n"))
        };
        let submit = self.run.fill(submit, &mut faults);
        if faults.is_empty() { Ok(submit) } else { Err(faults) }
    }

    /// Names the job: the same form filled in otherwise is another one.
    pub(crate) fn idempotency_key(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        // Nothing else is asked of the key than that two forms of one page differ.
        let key: String = self.key.chars().filter(char::is_ascii_graphic).take(64).collect();
        format!("{key}-{:016x}", hasher.finish())
    }
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// `1:30:00`.
fn clock(seconds: u32) -> String {
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours}:{minutes:02}:{:02}", seconds % 60)
}

/// `512 MiB`, `4 GiB`.
fn size(mib: i64) -> String {
    if mib >= 1024 && mib % 1024 == 0 { format!("{} GiB", mib / 1024) } else { format!("{mib} MiB") }
}

/// A number and the letters behind it.
fn with_unit(text: &str) -> (&str, String) {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len()));
    (number.trim(), unit.to_lowercase())
}

/// Whole ones. Without a unit it is in MiB.
fn mebibytes(text: &str) -> Option<i64> {
    let (amount, unit) = with_unit(text);
    let mib = match unit.as_str() {
        "" | "m" | "mb" | "mib" => 1.0,
        "g" | "gb" | "gib" => 1024.0,
        "t" | "tb" | "tib" => 1024.0 * 1024.0,
        _ => return None,
    };
    let mib = (number(amount)? * mib).round();
    // Larger ones are no amount of memory; smaller ones are exact.
    (mib.abs() < 1e15).then_some(mib as i64)
}

/// As `docklet job submit --time` and Slurm read it: behind days the first number is hours, one number alone is minutes; or a
/// number with a unit.
fn seconds(text: &str) -> Option<i64> {
    let (count, unit) = with_unit(text);
    let unit = match unit.as_str() {
        "" => return clock_of(count),
        "s" | "sec" => 1,
        "m" | "min" => MINUTE,
        "h" => HOUR,
        "d" => DAY,
        _ => return None,
    };
    whole(count)?.checked_mul(unit)
}

fn clock_of(text: &str) -> Option<i64> {
    let (days, rest) = text.split_once('-').map_or((None, text), |(days, rest)| (Some(days), rest));
    let parts = rest.split(':').map(whole).collect::<Option<Vec<i64>>>()?;
    let (hours, minutes, seconds) = match (days, parts.as_slice()) {
        (None, [minutes]) => (0, *minutes, 0),
        (None, [minutes, seconds]) => (0, *minutes, *seconds),
        (Some(_), [hours]) => (*hours, 0, 0),
        (Some(_), [hours, minutes]) => (*hours, *minutes, 0),
        (_, [hours, minutes, seconds]) => (*hours, *minutes, *seconds),
        _ => return None,
    };
    let days = days.map_or(Some(0), whole)?;
    [(days, DAY), (hours, HOUR), (minutes, MINUTE), (seconds, 1)]
        .into_iter()
        .try_fold(0_i64, |sum, (count, unit)| sum.checked_add(count.checked_mul(unit)?))
}

/// Digits alone: a sign is none.
fn whole(text: &str) -> Option<i64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use domain::job::JobState;

    use wire::job::Element;

    use super::*;
    use crate::wording::samples::{array, job};

    fn form() -> JobForm {
        JobForm::usual("docklet/base".into(), "form-1".into())
    }

    #[test]
    fn the_filled_in_form_is_a_job() {
        let submit = form().parse().expect("what is usual is fine");
        assert_eq!((submit.name.as_str(), submit.image.as_str(), submit.time_limit_s), ("job", "docklet/base", 3600));
        assert_eq!(submit.resources, NodeResources { cpus: 1.0, memory_mib: 1024 });
        assert_eq!((submit.output.as_str(), submit.hold), ("job-%j.out", false));
        assert!(!form().is_unusual());
    }

    #[test]
    fn an_address_may_say_other_sizes() {
        let other = form().with("0.5".into(), String::new(), "0:30:00".into());
        let submit = other.parse().expect("a job");
        assert_eq!((submit.resources.cpus, submit.resources.memory_mib, submit.time_limit_s), (0.5, 1024, 1800));
        assert_eq!(form().with(String::new(), String::new(), String::new()), form());
    }

    #[test]
    fn lines_of_a_form_are_lines_of_a_script() {
        let filled =
            JobForm { script: "#!/bin/sh\r\necho\r\n".into(), arguments: "one\r\ntwo words\r\n\r\n".into(), ..form() };
        let submit = filled.parse().expect("a job");
        assert_eq!(submit.script, "#!/bin/sh\necho\n");
        assert_eq!(submit.arguments, ["one", "two words"]);
        assert!(filled.is_unusual());
    }

    #[test]
    fn every_field_that_is_no_number_is_named() {
        let wrong = JobForm { cpus: "NaN".into(), memory: "much".into(), time_limit: "long".into(), ..form() };
        let fields: Vec<String> = wrong.parse().expect_err("three faults").into_iter().map(|it| it.field).collect();
        assert_eq!(fields, ["resources.cpus", "resources.memory_mib", "time_limit_s"]);
    }

    #[test]
    fn what_a_job_waits_for_is_read_in_the_zone_of_the_page() {
        let (begin_at, deadline) = ("2026-12-01T16:00".to_owned(), "2026-12-24T18:00:30".to_owned());
        let turn = JobForm { after: " afterok:12 ".into(), begin_at, deadline, nice: "100".into(), ..form() };
        assert!(turn.is_unusual());
        let utc = turn.parse().expect("a job");
        assert_eq!((utc.after.as_deref(), utc.nice), (Some("afterok:12"), 100));
        assert_eq!(utc.begin_at.map(|at| at.to_rfc3339()).as_deref(), Some("2026-12-01T16:00:00+00:00"));
        assert_eq!(utc.deadline.map(|at| at.to_rfc3339()).as_deref(), Some("2026-12-24T18:00:30+00:00"));
        let nothing = form().parse().expect("a job");
        assert_eq!((nothing.after, nothing.begin_at, nothing.deadline, nothing.nice), (None, None, None, 0));
        let wrong = JobForm { begin_at: "soon".into(), deadline: "16:00".into(), nice: "very".into(), ..form() };
        let fields: Vec<String> = wrong.parse().expect_err("three faults").into_iter().map(|it| it.field).collect();
        assert_eq!(fields, ["begin_at", "deadline", "nice"]);
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn a_time_of_another_zone_is_a_time_of_that_zone() {
        let (zone, begin_at) = ("Europe/Berlin".to_owned(), "2026-12-01T16:00".to_owned());
        let submit = JobForm { zone, begin_at, ..form() }.parse().expect("a job");
        assert_eq!(submit.begin_at.map(|at| at.to_rfc3339()).as_deref(), Some("2026-12-01T15:00:00+00:00"));
    }

    #[test]
    fn memory_is_read_with_units_and_without() {
        let read =
            [("512", 512), ("512 MiB", 512), ("4 GiB", 4096), ("4g", 4096), ("1,5 GB", 1536), ("1 TiB", 1 << 20)];
        for (text, mib) in read {
            assert_eq!(mebibytes(text), Some(mib), "{text}");
        }
        for text in ["", "GiB", "4 KiB", "four", "1e99"] {
            assert_eq!(mebibytes(text), None, "{text:?}");
        }
        for mib in [256, 1024, 1536, 4096] {
            assert_eq!(mebibytes(&size(mib)), Some(mib));
        }
    }

    #[test]
    fn a_time_limit_is_read_as_slurm_reads_it_and_with_units() {
        let read = [
            ("30", 1800),
            ("1:30", 90),
            ("1:00:00", 3600),
            ("1-12", 129_600),
            ("1-12:30", 131_400),
            ("2-00:00:01", 172_801),
            ("90s", 90),
            ("90 min", 5400),
            ("2 h", 7200),
            ("1d", 86_400),
        ];
        for (text, length) in read {
            assert_eq!(seconds(text), Some(length), "{text}");
        }
        for text in ["", "h", "1w", "-1", "1.5 h", "1h30m", "1:2:3:4", "1-", "1:"] {
            assert_eq!(seconds(text), None, "{text:?}");
        }
        for length in [1, 59, 3600, 90_061] {
            assert_eq!(seconds(&clock(length)), Some(length.into()));
        }
    }

    #[test]
    fn what_was_submitted_can_be_submitted_again() {
        let before = job(JobState::Failed);
        let again = JobForm::like(before.clone(), "form-2".into()).parse().expect("a job");
        assert_eq!((again.name, again.image, again.resources), (before.name, before.image, before.resources));
        assert_eq!((Some(again.script), again.arguments), (before.script, before.arguments));
        assert_eq!((again.time_limit_s, again.output.as_str()), (before.time_limit_s.into(), "job-%j.out"));
        let elsewhere = wire::job::Job { output_pattern: "runs/%x-%j.log".into(), ..job(JobState::Failed) };
        assert_eq!(
            JobForm::like(elsewhere, String::new()).output,
            "runs/%x-%j.log",
            "the new one has a file of its own"
        );
    }

    #[test]
    fn an_array_is_submitted_again_whole_and_an_element_of_it_alone() {
        assert_eq!(form().parse().expect("a job").array, None);
        let whole = Job { array: Some(array(&[("failed", 100)])), ..job(JobState::Failed) };
        let again = JobForm::like(whole, String::new());
        assert!(again.is_unusual());
        assert_eq!(again.parse().expect("a job").array.as_deref(), Some("0-99%10"));
        let one = Job { element: Some(Element { of: 812, index: 7 }), ..job(JobState::Failed) };
        assert_eq!(JobForm::like(one, String::new()).array, "7");
    }

    #[test]
    fn another_script_is_another_job() {
        let other = JobForm { script: "#!/bin/sh\n".into(), ..form() };
        assert_eq!(form().idempotency_key(), form().idempotency_key());
        assert_ne!(form().idempotency_key(), other.idempotency_key());
    }
}
