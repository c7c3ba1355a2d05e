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

use super::{JobView, Jobs};
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
    /// After these exit codes; after any but 0 where it is empty.
    pub exit_codes: Vec<i64>,
    pub host_lost: bool,
}

/// Bytes of JSON. Beside the longest script, of which JSON may make twice as much, they fit into the 128 KiB that the kernel takes
/// as one environment variable.
const LONGEST_ARGUMENTS: usize = 24 * 1024;

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
        spec().ok_or(Error::Invalid(faults))
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
        if serde_json::to_string(&words).map_or(0, |json| json.len()) > LONGEST_ARGUMENTS {
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

    fn check_waiting(&self, actor: &Actor) -> Result<(), Error> {
        let (waiting, most) = (self.queue.waiting(actor.user), self.most_pending);
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
        ];
        assert_eq!(submit().fingerprint(), submit().fingerprint());
        for other in others {
            assert_ne!(other.fingerprint(), submit().fingerprint(), "{other:?}");
        }
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
