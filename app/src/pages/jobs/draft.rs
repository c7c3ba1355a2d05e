//! The form of a new job: what its fields say. Pure; `reading` beside it says what that means.

use serde::{Deserialize, Serialize};

/// The value of a box that is ticked.
pub(crate) const TICKED: &str = "true";

/// The fields as a form sends them: texts, so that each wrong one can be named.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct JobForm {
    pub name: String,
    pub image: String,
    pub cpus: String,
    /// With a unit, or in MiB.
    pub memory: String,
    /// `H:MM:SS`, or with a unit.
    pub time_limit: String,
    pub script: String,
    /// One a line.
    #[serde(default)]
    pub arguments: String,
    #[serde(default)]
    pub output: String,
    /// As `domain::job::Dependencies` reads it.
    #[serde(default)]
    pub after: String,
    /// These two are times of `zone`, as a browser writes them.
    #[serde(default)]
    pub begin_at: String,
    #[serde(default)]
    pub deadline: String,
    #[serde(default)]
    pub nice: String,
    /// That the page was shown in.
    #[serde(default)]
    pub zone: String,
    /// [`TICKED`], or nothing: a box that is not ticked is not sent.
    #[serde(default)]
    pub hold: String,
    /// Empty unless it runs once for each of several numbers.
    #[serde(default)]
    pub array: String,
    #[serde(default)]
    pub run: RunForm,
    /// The same for one filled-in form, so that sending it twice submits once.
    pub key: String,
}

impl JobForm {
    /// Something is filled in that most jobs do without.
    pub(crate) fn is_unusual(&self) -> bool {
        let filled = |text: &String| !text.trim().is_empty();
        self.output != domain::job::OutputPath::USUAL
            || [&self.arguments, &self.array, &self.after, &self.begin_at, &self.deadline, &self.nice]
                .into_iter()
                .any(filled)
            || self.hold == TICKED
            || self.run != RunForm::default()
    }
}

/// What a script finds where it runs, what becomes of it when it fails, and what its owner knows it by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct RunForm {
    /// `NAME=VALUE`, one a line.
    pub environment: String,
    pub directory: String,
    /// `USR1@120`.
    pub warning: String,
    pub retries: String,
    /// Exit codes and `host-lost`, with commas between them.
    pub retry_on: String,
    /// With spaces or commas between them.
    pub tags: String,
}
