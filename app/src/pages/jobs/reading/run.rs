//! What the form says of a script's surroundings, of when it is tried again and of its tags. Pure.

use std::collections::BTreeMap;

use domain::Violation;
use wire::job::{Job, Retries, SubmitJob};

use super::{super::draft::RunForm, filled};

const HOST_LOST: &str = "host-lost";

impl RunForm {
    /// As this job has it.
    pub(super) fn like(job: &Job) -> Self {
        let Retries { most, exit_codes, host_lost } = &job.retries;
        let codes = exit_codes.iter().map(ToString::to_string);
        let causes: Vec<String> = codes.chain(host_lost.then(|| HOST_LOST.to_owned())).collect();
        let variables: Vec<String> =
            job.environment.iter().map(|(name, value)| format!("{name}={}", written(value))).collect();
        Self {
            environment: variables.join("\n"),
            directory: job.directory.clone().unwrap_or_default(),
            warning: job.warning.clone().unwrap_or_default(),
            retries: if *most == 0 { String::new() } else { most.to_string() },
            retry_on: causes.join(", "),
            tags: job.tags.join(" "),
        }
    }

    /// This job, with what is filled in here.
    pub(super) fn fill(&self, submit: SubmitJob, faults: &mut Vec<Violation>) -> SubmitJob {
        let environment = variables(&self.environment).unwrap_or_else(|| {
            let rule = "must be lines of NAME=VALUE; a value that begins with \" is read as JSON, as for several lines";
            faults.push(Violation::new("environment", rule));
            BTreeMap::new()
        });
        let retries = self.retries(faults);
        let tags = words(&self.tags).map(str::to_owned).collect();
        let (directory, warning) = (filled(&self.directory), filled(&self.warning));
        SubmitJob { environment, directory, warning, retries, tags, ..submit }
    }

    fn retries(&self, faults: &mut Vec<Violation>) -> Retries {
        let most = filled(&self.retries).map_or(Ok(0), |text| text.parse::<i64>()).unwrap_or_else(|_| {
            faults.push(Violation::new("retries", "must be a whole number"));
            0
        });
        let (host_lost, codes): (Vec<_>, Vec<_>) = words(&self.retry_on).partition(|cause| *cause == HOST_LOST);
        let exit_codes = codes.into_iter().map(str::parse::<i64>).collect::<Result<Vec<_>, _>>().unwrap_or_else(|_| {
            faults.push(Violation::new("retry_on", "must be exit codes or host-lost, with commas between them"));
            Vec::new()
        });
        Retries { most, exit_codes, host_lost: !host_lost.is_empty() }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c == ',' || c.is_whitespace()).filter(|word| !word.is_empty())
}

/// A value in one line.
fn written(value: &str) -> String {
    let is_plain = !value.contains('\n') && !value.starts_with('"');
    if is_plain { value.to_owned() } else { serde_json::to_string(value).unwrap_or_default() }
}

fn variables(text: &str) -> Option<BTreeMap<String, String>> {
    let variable = |line: &str| {
        let (name, value) = line.split_once('=')?;
        let value = if value.starts_with('"') { serde_json::from_str(value).ok()? } else { value.to_owned() };
        Some((name.trim().to_owned(), value))
    };
    text.lines().filter(|line| !line.trim().is_empty()).map(variable).collect()
}

#[cfg(test)]
mod tests {
    use domain::job::JobState;
    use wire::vcluster::NodeResources;

    use super::*;
    use crate::wording::samples::job;

    fn empty() -> SubmitJob {
        let resources = NodeResources { cpus: 1.0, memory_mib: 512 };
        SubmitJob::new("train".into(), "docklet/base".into(), resources, "true".into())
    }

    fn fill(form: &RunForm) -> Result<SubmitJob, Vec<String>> {
        let mut faults = Vec::new();
        let submit = form.fill(empty(), &mut faults);
        if faults.is_empty() { Ok(submit) } else { Err(faults.into_iter().map(|fault| fault.field).collect()) }
    }

    #[test]
    fn what_is_left_empty_is_absent() {
        assert_eq!(fill(&RunForm::default()), Ok(empty()));
        let spaces =
            RunForm { directory: " ".into(), tags: " , ".into(), environment: "\r\n".into(), ..RunForm::default() };
        assert_eq!(fill(&spaces), Ok(empty()));
    }

    #[test]
    fn what_was_submitted_is_filled_in_again() {
        let environment = [("A", "1=2 "), ("B", "one\ntwo"), ("C", "\"quoted\""), ("D", "")];
        let before = Job {
            environment: environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            directory: Some("runs".into()),
            warning: Some("all:USR1@60".into()),
            retries: Retries { most: 3, exit_codes: vec![75, 137], host_lost: true },
            tags: vec!["exp:7".into(), "night".into()],
            ..job(JobState::Failed)
        };
        let again = fill(&RunForm::like(&before)).expect("a job");
        assert_eq!((again.environment, again.directory), (before.environment, before.directory));
        assert_eq!((again.warning, again.retries, again.tags), (before.warning, before.retries, before.tags));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (form, field) in [
            (RunForm { environment: "A".into(), ..RunForm::default() }, "environment"),
            (RunForm { environment: "A=\"open".into(), ..RunForm::default() }, "environment"),
            (RunForm { retries: "often".into(), ..RunForm::default() }, "retries"),
            (RunForm { retry_on: "75, never".into(), ..RunForm::default() }, "retry_on"),
        ] {
            assert_eq!(fill(&form), Err(vec![field.to_owned()]), "{form:?}");
        }
    }
}
