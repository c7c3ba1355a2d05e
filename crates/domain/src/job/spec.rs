//! What a job is to run, with what, and for how long; and which texts and numbers say it.

use std::{collections::BTreeSet, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    JobId, Violation,
    app::is_invisible,
    described::described,
    image::ImageRef,
    job::{Array, Dependencies, Directory, Environment, Nice, Retries, Tag, Warning},
    name::{RuntimeName, UserName, WorkerName},
    resources::Resources,
    task::Command,
};

/// Where a job begins, and its owner's home is.
const HOME: &str = "/root";

/// What its owner asked for. Never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    pub name: JobName,
    pub image: ImageRef,
    /// What it runs with, as the rules for its image said when it was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<RuntimeName>,
    pub resources: Resources,
    pub script: Script,
    /// What the script is called, and its arguments.
    pub command: Command,
    pub time_limit: TimeLimit,
    pub output: OutputPath,
    /// It runs once for each of these numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub array: Option<Array>,
    /// Which jobs must have come to which end before it may start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Dependencies>,
    /// It does not start before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begin_at: Option<DateTime<Utc>>,
    /// It does not start where it might not be over by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DateTime<Utc>>,
    #[serde(default)]
    pub nice: Nice,
    #[serde(default, skip_serializing_if = "Environment::is_empty")]
    pub environment: Environment,
    /// Where it begins; the home when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Directory>,
    /// The signal that it gets before its time is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<Warning>,
    #[serde(default)]
    pub retries: Retries,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Tag>,
}

/// What people know the job by: 1 to 64 characters that can be seen, letters of any script among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobName(String);

impl JobName {
    pub const LONGEST: usize = 64;

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for JobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for JobName {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let text = text.trim();
        let rule = if text.is_empty() {
            "must not be empty".to_owned()
        } else if text.chars().count() > Self::LONGEST {
            format!("must have at most {} characters", Self::LONGEST)
        } else if text.chars().any(|c| is_invisible(c) || c == '/') {
            "must not have '/' or characters that cannot be seen".to_owned()
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(Violation::new("name", rule))
    }
}

described!(JobName, crate::described::words(Self::LONGEST, &format!("/{}", crate::described::INVISIBLE)));

/// The text of a program that names its interpreter in its first line (`#!/bin/bash`); without that line, `/bin/sh` reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Script(String);

impl Script {
    /// Bytes. A script is published with its task, and handed on in an environment variable.
    pub const LONGEST: usize = 48 * 1024;
    const INTERPRETER: &str = "#!/bin/sh\n";

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the kernel can run.
    pub fn runnable(&self) -> String {
        let interpreter = if self.0.starts_with("#!") { "" } else { Self::INTERPRETER };
        format!("{interpreter}{}", self.0)
    }
}

impl FromStr for Script {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let rule = if text.trim().is_empty() {
            "must not be empty".to_owned()
        } else if text.len() > Self::LONGEST {
            format!(
                "must have at most {} KiB; put what is longer into a file of your home and call it",
                Self::LONGEST / 1024
            )
        } else if text.contains('\u{feff}') {
            "must not have a byte order mark (U+FEFF); save it as UTF-8 without one".to_owned()
        } else if text.contains('\r') {
            "must have lines that end as on Linux (LF), not as on Windows (CR LF); convert it, as with dos2unix"
                .to_owned()
        } else if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
            "must not have control characters".to_owned()
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(Violation::new("script", rule))
    }
}

described!(
    Script,
    crate::described::text(
        Self::LONGEST,
        r"^[\t\n ]*[^\s\ufeff\u0000-\u001f\u007f-\u009f][^\u0000-\u0008\u000b-\u001f\u007f-\u009f]*$"
    )
);

/// How long a job may run, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TimeLimit(u32);

impl TimeLimit {
    pub const USUAL: Self = Self(60 * 60);
    /// Thirty days.
    pub const MOST: Self = Self(30 * 24 * 60 * 60);

    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// From what a client writes.
    pub fn parse(seconds: i64) -> Result<Self, Violation> {
        let rule = || {
            let most = Self::MOST.0;
            Violation::new("time_limit_s", format!("must be between 1 and {most} seconds (30 days)"))
        };
        u32::try_from(seconds).ok().map(Self).filter(|limit| (Self(1)..=Self::MOST).contains(limit)).ok_or_else(rule)
    }
}

/// Where the output goes: a path below the home, or an absolute one. `%j` stands for the job's number, `%A` for its array's, `%a`
/// for its index in that, `%x` for its name, `%N` for its host's, `%u` for its owner's, `%%` for a percent sign. Both output and
/// errors go there, in the order in which they are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutputPath(String);

/// What the letters in an output's path stand for; `None` for what is not known yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) number: Option<JobId>,
    pub(super) array: JobId,
    pub(super) index: Option<u32>,
    pub(super) name: &'a JobName,
    pub(super) worker: Option<&'a WorkerName>,
}

impl Known<'_> {
    fn text(&self, letter: char) -> Option<String> {
        match letter {
            'j' => self.number.map(|number| number.to_string()),
            'A' => Some(self.array.to_string()),
            'a' => self.index.map(|index| index.to_string()),
            'x' => Some(self.name.to_string()),
            'N' => self.worker.map(ToString::to_string),
            _ => None,
        }
    }
}

impl OutputPath {
    pub const LONGEST: usize = 200;
    pub const USUAL: &str = "job-%j.out";
    pub const USUAL_OF_ARRAY: &str = "job-%A_%a.out";
    /// What may stand behind a percent sign, beside another one.
    const LETTERS: [char; 6] = ['j', 'A', 'a', 'x', 'N', 'u'];
    /// These may be long.
    const NAMES: [&str; 3] = ["%x", "%N", "%u"];
    /// How many of those it may have: with every name that fits, the path is then shorter than the kernel's 4,096 bytes.
    const MOST_NAMES: usize = 3;

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// With the owner's name in place of `%u`: it is known from the beginning.
    pub fn of_user(&self, user: &UserName) -> Self {
        Self(self.0.split("%%").map(|part| part.replace("%u", user.as_str())).collect::<Vec<_>>().join("%%"))
    }

    /// What is not known yet stays as it is written.
    pub(super) fn of(&self, job: &Known<'_>) -> String {
        let mut path = String::new();
        let mut rest = self.0.chars();
        while let Some(c) = rest.next() {
            match (c, if c == '%' { rest.next() } else { None }) {
                ('%', Some('%')) | (_, None) => path.push(c),
                (_, Some(letter)) => path.push_str(&job.text(letter).unwrap_or_else(|| format!("%{letter}"))),
            }
        }
        in_home(&path)
    }
}

/// Absolute, in the container.
pub(super) fn in_home(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("{HOME}/{path}") }
}

impl FromStr for OutputPath {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let parts = || text.split("%%");
        let unknown = parts().flat_map(|part| part.split('%').skip(1)).any(|after| !after.starts_with(Self::LETTERS));
        let of_name = |name: &str| parts().map(|part| part.matches(name).count()).sum::<usize>();
        let names: usize = Self::NAMES.into_iter().map(of_name).sum();
        let rule = if text.is_empty() || text.ends_with('/') {
            "must name a file".to_owned()
        } else if text.chars().count() > Self::LONGEST {
            format!("must have at most {} characters", Self::LONGEST)
        } else if text.chars().any(char::is_control) {
            "must not have control characters".to_owned()
        } else if unknown {
            "may use %j (the number), %A (the array's), %a (the index), %x (the name), %N (the host), %u (you) and %% only"
                .to_owned()
        } else if names > Self::MOST_NAMES {
            format!("may use %x, %N and %u at most {} times together", Self::MOST_NAMES)
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(Violation::new("output", rule))
    }
}

described!(OutputPath, {
    let one = r"(?:[^%\u0000-\u001f\u007f-\u009f]|%[jAa%])";
    let last = r"(?:[^%/\u0000-\u001f\u007f-\u009f]|%[jAa%])";
    let (names, most) = (format!("(?:{one}*%[xNu])"), Self::MOST_NAMES);
    crate::described::text(Self::LONGEST, format!("^(?:{names}{{1,{most}}}|{names}{{0,{most}}}{one}*{last})$"))
});

#[cfg(test)]
mod tests;
