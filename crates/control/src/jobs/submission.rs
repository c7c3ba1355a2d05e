//! Taking a job in: everything a client wrote is checked and every fault named, then it is written down to wait for its turn.

use std::{collections::BTreeMap, iter::once};

use chrono::{DateTime, Utc};
use domain::{
    Violation,
    job::{Environment, JobName, JobSpec, Nice, OutputPath, Retries, Tag, TimeLimit},
    resources::Resources,
    task::{BadCommand, Command},
    user::Scope,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{JobView, Jobs, turn};
use crate::{
    Error,
    actor::Actor,
    ports::store::{NewJob, Transaction},
    unit_of_work::UnitOfWork,
    vclusters::check_key,
};

/// What a client asks for; unchecked, with numbers wide enough for every wrong value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SubmitJob {
    pub name: String,
    pub image: String,
    pub cpus: f64,
    pub memory_mib: i64,
    pub script: String,
    pub arguments: Vec<String>,
    pub time_limit_s: i64,
    pub output: String,
    /// It waits until it is released.
    pub hold: bool,
    /// As `domain::job::Array` reads it.
    pub array: Option<String>,
    /// As `domain::job::Dependencies` reads it.
    pub after: Option<String>,
    pub begin_at: Option<DateTime<Utc>>,
    pub deadline: Option<DateTime<Utc>>,
    pub nice: i64,
    pub environment: BTreeMap<String, String>,
    pub directory: Option<String>,
    /// As `domain::job::Warning` reads it.
    pub warning: Option<String>,
    pub retries: RetriesWanted,
    pub tags: Vec<String>,
}

/// When it is tried again; unchecked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RetriesWanted {
    pub most: i64,
    /// After these exit codes; after any but 0 where neither a code nor a lost host is named.
    pub exit_codes: Vec<i64>,
    pub host_lost: bool,
}

/// Bytes of JSON.
const LONGEST_ARGUMENTS: usize = 24 * 1024;
/// The same of script, arguments and environment together. What docklet-init is handed is one environment variable, of which the
/// kernel takes 128 KiB; the paths in it and what is around them have the rest. A script of which JSON makes twice as much leaves
/// room for the longest arguments, but not for the longest environment as well.
const LONGEST_TOGETHER: usize = 122 * 1024;

impl SubmitJob {
    /// `pids`: how many processes the installation gives to each job. The runtime is for the image's rules to say.
    fn parse(&self, pids: u32) -> Result<JobSpec, Error> {
        let mut faults = Vec::new();
        let name: Option<JobName> = taken(self.name.parse(), &mut faults);
        let image = taken(self.image.parse(), &mut faults);
        let memory = u64::try_from(self.memory_mib).unwrap_or(0);
        let resources = Resources::parse(self.cpus, memory, pids).map_err(|fault| faults.extend(fault)).ok();
        let script = taken(self.script.parse(), &mut faults);
        let command = taken(self.command(name.as_ref()), &mut faults);
        let time_limit = taken(TimeLimit::parse(self.time_limit_s), &mut faults);
        let output = taken(self.output().parse(), &mut faults);
        let array = taken(self.array.as_deref().map(str::parse).transpose(), &mut faults);
        let after = taken(self.after.as_deref().map(str::parse).transpose(), &mut faults);
        let nice = taken(Nice::parse(self.nice), &mut faults);
        let environment = taken(Environment::parse(&self.environment), &mut faults);
        let directory = taken(self.directory.as_deref().map(str::parse).transpose(), &mut faults);
        let warning = taken(self.warning.as_deref().map(str::parse).transpose(), &mut faults);
        let RetriesWanted { most, exit_codes, host_lost } = &self.retries;
        let retries = taken(Retries::parse(*most, exit_codes, *host_lost), &mut faults);
        let tags = taken(Tag::parse_all(&self.tags), &mut faults);
        let spec = || {
            Some(JobSpec {
                name: name?,
                image: image?,
                runtime: None,
                resources: resources?,
                script: script?,
                command: command?,
                time_limit: time_limit?,
                output: output?,
                array: array?,
                after: after?,
                begin_at: self.begin_at,
                deadline: self.deadline,
                nice: nice?,
                environment: environment?,
                directory: directory?,
                warning: warning?,
                retries: retries?,
                tags: tags?,
            })
        };
        let spec = spec();
        faults.extend(spec.as_ref().and_then(unfit));
        spec.filter(|_| faults.is_empty()).ok_or(Error::Invalid(faults))
    }

    /// A file for each element, unless its owner has chosen otherwise.
    fn output(&self) -> &str {
        let is_usual = self.array.is_some() && self.output == OutputPath::USUAL;
        if is_usual { OutputPath::USUAL_OF_ARRAY } else { &self.output }
    }

    /// The script is called what the job is. Where that name is at fault, the arguments are checked all the same.
    fn command(&self, name: Option<&JobName>) -> Result<Command, Violation> {
        let called = name.map_or("job", JobName::as_str).to_owned();
        let words: Vec<String> = once(called).chain(self.arguments.iter().cloned()).collect();
        if json_len(&words) > LONGEST_ARGUMENTS {
            let rule = format!("must have at most {} KiB together, written as JSON", LONGEST_ARGUMENTS / 1024);
            return Err(Violation::new("arguments", rule));
        }
        words.try_into().map_err(|fault: BadCommand| Violation::new("arguments", fault.to_string()))
    }

    /// SHA-256 of all of it.
    fn fingerprint(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        hex::encode(Sha256::digest(text))
    }
}

/// The rule that its parts break together.
fn unfit(spec: &JobSpec) -> Option<Violation> {
    let limit = spec.time_limit.seconds();
    if spec.warning.is_some_and(|warning| warning.seconds >= limit) {
        let rule = format!("must be sent less than the time limit of {limit} seconds before the end");
        return Some(Violation::new("warning", rule));
    }
    let environment: BTreeMap<_, _> = spec.environment.iter().collect();
    let together = json_len(&spec.script.runnable()) + json_len(&spec.command.words()) + json_len(&environment);
    (together > LONGEST_TOGETHER).then(|| {
        let most = LONGEST_TOGETHER / 1024;
        let rule = format!("must have at most {most} KiB together with script and arguments, written as JSON");
        Violation::new("environment", rule)
    })
}

fn json_len(of: &(impl Serialize + ?Sized)) -> usize {
    serde_json::to_string(of).map_or(0, |json| json.len())
}

/// Its fault is one more of these.
fn taken<T>(parsed: Result<T, Violation>, faults: &mut Vec<Violation>) -> Option<T> {
    parsed.map_err(|fault| faults.push(fault)).ok()
}

impl Jobs {
    /// Takes a job in, to run when its turn comes. The same Idempotency-Key with the same request answers with the job it made before.
    ///
    /// # Errors
    /// [`Error::LimitExceeded`] for a job that could never start within its owner's limits, and where as many of theirs wait as may.
    pub async fn submit(
        &self,
        actor: &Actor,
        submit: SubmitJob,
        idempotency_key: Option<&str>,
    ) -> Result<JobView, Error> {
        // A command beside the home, as in a node.
        actor.may(Scope::Ssh)?;
        let mut spec = submit.parse(self.pids)?;
        spec.output = spec.output.of_user(&actor.name);
        let key = idempotency_key.map(check_key).transpose()?;
        let mut work = UnitOfWork::new(self.store.begin().await?, self.clock.now());
        let fingerprint = submit.fingerprint();
        if let Some(made) = self.made_before(&*work.tx, actor, key, &fingerprint).await? {
            return Ok(made);
        }
        turn::check(&*work.tx, actor.user, &spec, work.now).await?;
        let quota = work.tx.quota_assignment(actor.user).await?;
        spec.runtime = self.images.check(&mut *work.tx, &quota, &spec.image).await?;
        self.admission.could_start(&quota, spec.resources)?;
        self.check_waiting(actor)?;
        let (owner, held, submitted_at) = (actor.user, submit.hold, work.now);
        let idempotency_key = key.map(str::to_owned);
        let job = work.tx.insert_job(&NewJob { owner, spec, held, submitted_at, idempotency_key, fingerprint }).await?;
        work.tell_job(&job).await?;
        self.commit(work, None).await?;
        self.queue.submitted(owner);
        tracing::info!(job = %job.id, user = %actor.name, "job submitted");
        self.view(job).await
    }

    async fn made_before(
        &self,
        tx: &dyn Transaction,
        actor: &Actor,
        key: Option<&str>,
        fingerprint: &str,
    ) -> Result<Option<JobView>, Error> {
        let Some(key) = key else { return Ok(None) };
        match tx.job_of_key(actor.user, key).await? {
            Some((_, before)) if before != fingerprint => Err(Error::IdempotencyMismatch),
            Some((job, _)) => Ok(Some(self.view(job).await?)),
            None => Ok(None),
        }
    }

    pub(super) fn check_waiting(&self, actor: &Actor) -> Result<(), Error> {
        let (waiting, most) = (self.queue.waiting(actor.user), self.rules.most_pending);
        if waiting < most {
            return Ok(());
        }
        let rule = format!(
            "needs a place in the queue, but {waiting} of your jobs wait, and your limit is {most}; wait until some have started, or \
             cancel some"
        );
        Err(Error::LimitExceeded(vec![Violation::new("name", rule)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submit() -> SubmitJob {
        SubmitJob {
            name: "train".into(),
            image: "docklet/base".into(),
            cpus: 1.0,
            memory_mib: 512,
            script: "true".into(),
            arguments: vec!["a".into(), "b".into()],
            time_limit_s: 60,
            output: "job-%j.out".into(),
            hold: false,
            array: None,
            after: None,
            begin_at: None,
            deadline: None,
            nice: 0,
            environment: BTreeMap::new(),
            directory: None,
            warning: None,
            retries: RetriesWanted::default(),
            tags: Vec::new(),
        }
    }

    #[test]
    fn two_different_requests_never_have_one_fingerprint() {
        let others = [
            SubmitJob { arguments: vec!["a b".into()], ..submit() },
            SubmitJob { name: "traindocklet".into(), image: "/base".into(), ..submit() },
            SubmitJob { hold: true, ..submit() },
            SubmitJob { cpus: 1.5, ..submit() },
            SubmitJob { environment: [("A".to_owned(), "1".to_owned())].into(), ..submit() },
            SubmitJob { tags: vec!["a".into()], ..submit() },
        ];
        assert_eq!(submit().fingerprint(), submit().fingerprint());
        for other in others {
            assert_ne!(other.fingerprint(), submit().fingerprint(), "{other:?}");
        }
    }

    fn faults(submit: &SubmitJob) -> Vec<(String, String)> {
        let Err(Error::Invalid(faults)) = submit.parse(512) else { return Vec::new() };
        faults.into_iter().map(|Violation { field, message }| (field, message)).collect()
    }

    #[test]
    fn a_warning_comes_before_the_time_is_over() {
        let warned = |warning: &str| SubmitJob { warning: Some(warning.to_owned()), ..submit() };
        assert!(faults(&warned("USR1@59")).is_empty());
        let rule = "must be sent less than the time limit of 60 seconds before the end";
        assert_eq!(faults(&warned("all:USR1@60")), [("warning".to_owned(), rule.to_owned())]);
    }

    #[test]
    fn what_docklet_init_is_handed_fits_into_one_variable_of_the_kernel() {
        let long = |script: char, value: char| SubmitJob {
            script: format!("x{}", script.to_string().repeat(48 * 1024 - 1)),
            arguments: vec!["x".repeat(23 * 1024)],
            environment: (0..4).map(|at| (format!("A{at}"), value.to_string().repeat(3900))).collect(),
            ..submit()
        };
        assert!(faults(&long('x', 'x')).is_empty());
        assert!(faults(&SubmitJob { environment: BTreeMap::new(), ..long('\n', 'x') }).is_empty());
        let rule = "must have at most 122 KiB together with script and arguments, written as JSON";
        assert_eq!(faults(&long('\n', 'x')), [("environment".to_owned(), rule.to_owned())]);
        assert_eq!(faults(&long('x', '\t')).len(), 1, "JSON doubles it");
    }

    #[test]
    fn each_element_of_an_array_writes_a_file_of_its_own_unless_its_owner_says_otherwise() {
        let array = || SubmitJob { array: Some("0-9".into()), ..submit() };
        for (submit, output) in [
            (submit(), "job-%j.out"),
            (array(), "job-%A_%a.out"),
            (SubmitJob { output: "all.out".into(), ..array() }, "all.out"),
        ] {
            assert_eq!(submit.parse(512).expect("a good job").output.as_str(), output);
        }
    }

    #[test]
    fn the_script_is_called_what_the_job_is() {
        let spec = submit().parse(512).expect("a good job");
        assert_eq!(spec.command.words(), ["train", "a", "b"]);
        assert_eq!((spec.resources.cpu_milli, spec.resources.pids, spec.time_limit.seconds()), (1000, 512, 60));
    }
}
