//! What jobs have of the command line, and how the time limit of one is written.

use std::path::Path;

use chrono::{DateTime, Utc};
use clap::{Subcommand, builder::PossibleValuesParser};
use wire::job::JobRef;

use super::{moment::moment, vc::seconds};
use crate::commands::completion::jobs;

/// States of jobs that are not over.
pub(crate) const LIVE_STATES: [&str; 4] = ["pending", "configuring", "running", "completing"];
/// States of jobs that can be cancelled.
pub(crate) const CANCELLED_BY_ALL: [&str; 3] = ["pending", "configuring", "running"];
pub(crate) const FINAL_STATES: [&str; 7] =
    ["completed", "failed", "cancelled", "timeout", "out_of_memory", "node_fail", "deadline"];

#[derive(Debug, Subcommand)]
pub(crate) enum JobCommand {
    /// Submit a script: it waits for its turn and runs once, in a container of its own beside your home
    ///
    /// SCRIPT is a file of this machine. Its first line may name an interpreter (#!/bin/bash); without that, /bin/sh reads it.
    /// docklet's own options come before SCRIPT; what follows are the script's arguments.
    Submit(Box<Submit>),
    /// List yours that wait or run, newest first
    Ls {
        /// Those in this state; may be given several times
        #[arg(
            long,
            value_name = "STATE",
            value_delimiter = ',',
            value_parser = states(),
            conflicts_with = "all"
        )]
        state: Vec<String>,
        /// Also those that are over
        #[arg(long)]
        all: bool,
    },
    /// Show one; of an array, how its elements fare
    Show {
        #[arg(value_name = "ID", value_parser = reference, add = jobs())]
        job: String,
    },
    /// List the elements of an array that have begun, by index
    Elements {
        #[arg(value_name = "ID", value_parser = reference, add = jobs())]
        job: String,
        /// Those in this state; may be given several times
        #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = states())]
        state: Vec<String>,
    },
    /// End them, or take them out of the queue
    Cancel(Cancel),
    /// Keep them from starting
    Hold(Jobs),
    /// Let them start again
    Release(Jobs),
    /// Have those that are over run once more, under their numbers
    Requeue(Jobs),
    /// Print what one has written, byte by byte
    Logs {
        #[arg(value_name = "ID", value_parser = reference, add = jobs())]
        job: String,
        /// Go on with what it writes until it is over; exit code 0 however it ended
        #[arg(long, short)]
        follow: bool,
    },
    /// List yours that are over, with what they have used, newest first
    History {
        /// Those that were submitted within this time: 12h, 7d
        #[arg(long, value_name = "TIME", default_value = "7d", value_parser = time_limit)]
        since: i64,
        /// Those that ended so; may be given several times
        #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = PossibleValuesParser::new(FINAL_STATES))]
        state: Vec<String>,
    },
    /// How much of what they asked for they have used, and what would have been enough
    Efficiency(Jobs),
    /// Wait until they are over; exit code 8 unless all of them have completed
    Wait {
        #[command(flatten)]
        jobs: Jobs,
        /// How many seconds to wait at most; as long as it takes when absent
        #[arg(long, value_name = "SECONDS", value_parser = seconds())]
        timeout: Option<u64>,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Jobs {
    #[arg(value_name = "ID", required = true, value_parser = reference, add = jobs())]
    pub(crate) jobs: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Cancel {
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all", value_parser = reference, add = jobs())]
    pub(crate) jobs: Vec<String>,
    /// All of yours that are not over
    #[arg(long)]
    pub(crate) all: bool,
    /// With --all: those in this state alone; may be given several times
    // `requires` alone asks for nothing beside IDs, which exclude what is required.
    #[arg(
        long,
        requires = "all",
        conflicts_with = "jobs",
        value_name = "STATE",
        value_delimiter = ',',
        value_parser = PossibleValuesParser::new(CANCELLED_BY_ALL)
    )]
    pub(crate) state: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Submit {
    /// What it is called; the script's file name when absent
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The image of its container; the usual one when absent
    #[arg(long)]
    pub(crate) image: Option<String>,
    /// CPUs, such as 0.5
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
    pub(crate) cpus: f64,
    /// Memory in MiB
    #[arg(long, default_value_t = 512, value_name = "MIB")]
    pub(crate) memory: i64,
    /// Run it once for each of these numbers: 0-99, 1-9:2, 3,7,11; with %10 behind them at most 10 at a time
    ///
    /// Each is an element of the array, and named by the array's number and its own: 812_7.
    #[arg(long, short, value_name = "INDEXES", conflicts_with = "follow")]
    pub(crate) array: Option<String>,
    /// How long it may run; an hour when absent
    ///
    /// MINUTES, MM:SS, HH:MM:SS, D-HH, D-HH:MM or D-HH:MM:SS; or a number with a unit: 90s, 30m, 2h, 1d.
    #[arg(long, value_name = "TIME", value_parser = time_limit)]
    pub(crate) time: Option<i64>,
    /// The file of your home that its output and errors go to; job-%j.out when absent; for an array job-%A_%a.out
    ///
    /// A path below the home, or an absolute one. %j stands for the job's number, %A for its array's, %a for its index in that, %x
    /// for its name, %N for its host's, %u for yours, %% for a percent sign.
    #[arg(long, value_name = "PATH")]
    pub(crate) output_file: Option<String>,
    /// Start it only after other jobs of yours, such as afterok:12
    ///
    /// after (they have begun), afterok (completed), afternotok (ended otherwise) or afterany (over) with the numbers of jobs
    /// (afterok:12:13); or singleton: after earlier ones of the same name. Several conditions with ',' between them must all be
    /// met; with '?', one is enough. What can never be met ends the job.
    #[arg(long, short = 'd', visible_alias = "dependency", value_name = "CONDITIONS")]
    pub(crate) after: Option<String>,
    /// Do not start it before this time
    ///
    /// 16:00 (the next one), 2027-01-31, 2027-01-31T16:00 or with a zone as in RFC 3339; or now+90s, now+30m, now+2h, now+1d.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) begin: Option<DateTime<Utc>>,
    /// End it, rather than start it, once it might not be over by this time; written as for --begin
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) deadline: Option<DateTime<Utc>>,
    /// Let other jobs go first by this much, from 0 to 10000
    #[arg(long, default_value_t = 0, value_name = "N", allow_negative_numbers = true)]
    pub(crate) nice: i64,
    #[command(flatten)]
    pub(crate) surroundings: Surroundings,
    /// Keep it from starting until docklet job release
    #[arg(long)]
    pub(crate) hold: bool,
    /// Wait until it is over; exit code 8 unless it has completed
    #[arg(long)]
    pub(crate) wait: bool,
    /// Print what it writes until it is over, and end with its exit code
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// A command of /bin/sh in place of a script
    #[arg(long, value_name = "COMMAND", conflicts_with = "words")]
    pub(crate) wrap: Option<String>,
    /// The script's file, and what the script is called with; standard input where there is no file, or for -
    #[arg(value_names = ["SCRIPT", "ARGS"], num_args = 0.., trailing_var_arg = true)]
    words: Vec<String>,
}

impl Submit {
    pub(crate) fn script(&self) -> Option<&Path> {
        self.words.first().map(Path::new)
    }

    /// A `--` before them is none of them.
    pub(crate) fn arguments(&self) -> &[String] {
        let arguments = self.words.get(1..).unwrap_or_default();
        arguments.strip_prefix(&["--".to_owned()]).unwrap_or(arguments)
    }
}

/// What names a job: its number, or which element of which array it is.
pub(super) fn reference(text: &str) -> Result<String, &'static str> {
    let job = text.parse::<JobRef>().map_err(|_| "write the number of a job, or an element of an array as 812_7")?;
    Ok(job.to_string())
}

fn states() -> PossibleValuesParser {
    PossibleValuesParser::new(LIVE_STATES.into_iter().chain(FINAL_STATES))
}

// What its script finds, and what becomes of it when that fails.
#[derive(Debug, clap::Args)]
pub(crate) struct Surroundings {
    /// A variable of its environment, with the value it has here where none is given; may be given several times
    #[arg(long, value_name = "NAME[=VALUE]", value_parser = variable)]
    pub(crate) env: Vec<(String, String)>,
    /// Where it begins: a path below the home, or an absolute one; the home when absent
    #[arg(long, short = 'D', value_name = "DIRECTORY")]
    pub(crate) chdir: Option<String>,
    /// A signal to its script before its time is over: USR1@120 is two minutes before; all:USR1@120 to all its processes
    #[arg(long, value_name = "[all:]SIGNAL@SECONDS")]
    pub(crate) signal: Option<String>,
    /// How many times it is tried again when it fails
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) retries: Option<i64>,
    /// What alone it is tried again for: exit codes, host-lost; any exit code but 0 when absent
    #[arg(long, value_name = "CODE|host-lost", value_delimiter = ',', value_parser = cause, requires = "retries")]
    pub(crate) retry_on: Vec<Cause>,
    /// A word to know it by; may be given several times
    #[arg(long, value_name = "WORD")]
    pub(crate) tag: Vec<String>,
}

/// Why a job is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    ExitCode(i64),
    HostLost,
}

fn cause(text: &str) -> Result<Cause, &'static str> {
    match text {
        "host-lost" => Ok(Cause::HostLost),
        code => whole(code).map(Cause::ExitCode).ok_or("write an exit code, or host-lost"),
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    if let Some((name, value)) = text.split_once('=') {
        return Ok((name.to_owned(), value.to_owned()));
    }
    let value = std::env::var(text)
        .map_err(|_| format!("there is no text {text} in the environment here: write {text}=VALUE"))?;
    Ok((text.to_owned(), value))
}

/// In seconds.
fn time_limit(text: &str) -> Result<i64, &'static str> {
    with_unit(text).unwrap_or_else(|| clock(text)).ok_or("write MINUTES, HH:MM:SS, D-HH:MM:SS, or 90s, 30m, 2h, 1d")
}

/// In seconds; `None` where there is no unit, and `Some(None)` where there is no number before it.
pub(super) fn with_unit(text: &str) -> Option<Option<i64>> {
    [('s', 1), ('m', MINUTE), ('h', HOUR), ('d', DAY)].into_iter().find_map(|(unit, seconds)| {
        let count = text.strip_suffix(unit)?;
        Some(whole(count).and_then(|count| count.checked_mul(seconds)))
    })
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// As Slurm reads it: behind days the first number is hours, one number alone is minutes.
fn clock(text: &str) -> Option<i64> {
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
    use clap::Parser as _;

    use super::*;
    use crate::args::{Args, Command};

    #[test]
    fn a_time_limit_is_read_as_slurm_reads_it_and_with_units() {
        for (text, seconds) in [
            ("30", 30 * MINUTE),
            ("1:30", MINUTE + 30),
            ("1:00:00", HOUR),
            ("00:00:05", 5),
            ("1-12", DAY + 12 * HOUR),
            ("1-12:30", DAY + 12 * HOUR + 30 * MINUTE),
            ("2-00:00:01", 2 * DAY + 1),
            ("90s", 90),
            ("30m", 30 * MINUTE),
            ("2h", 2 * HOUR),
            ("1d", DAY),
            ("0", 0),
        ] {
            assert_eq!(time_limit(text), Ok(seconds), "{text}");
        }
        let too_large = format!("{}d", i64::MAX);
        for text in
            ["", "s", "1w", "-1", "+1", "1.5h", "1h30m", "1:2:3:4", "1-", "-12", "1-2-3", "1-+2", "1:", &too_large]
        {
            assert!(time_limit(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_follows_the_script_is_the_scripts() {
        let of = |line: &str| match Args::try_parse_from(line.split(' ')).expect("words").command {
            Command::Job(JobCommand::Submit(submit)) => submit,
            other => panic!("{other:?}"),
        };
        for line in [
            "docklet job submit --follow train.sh --epochs 3 --wait -q",
            "docklet job submit --follow -- train.sh --epochs 3 --wait -q",
            "docklet job submit --follow train.sh -- --epochs 3 --wait -q",
        ] {
            let submit = of(line);
            assert_eq!(submit.arguments(), ["--epochs", "3", "--wait", "-q"], "{line}");
            assert!(submit.follow && !submit.wait, "{line}");
        }
        assert_eq!(of("docklet job submit -").script(), Some(Path::new("-")));
        assert!(Args::try_parse_from(["docklet", "job", "submit", "--wrap", "true", "train.sh"]).is_err());
    }

    #[test]
    fn what_a_job_waits_for_is_said_as_slurm_says_it() {
        for option in ["--after", "--dependency", "-d"] {
            let line = ["docklet", "job", "submit", option, "afterok:12?singleton", "--nice", "-1", "train.sh", "-d"];
            let Command::Job(JobCommand::Submit(submit)) = Args::try_parse_from(line).expect("words").command else {
                panic!("no submission")
            };
            assert_eq!((submit.after.as_deref(), submit.nice), (Some("afterok:12?singleton"), -1));
            assert_eq!(submit.arguments(), ["-d"]);
        }
        assert!(Args::try_parse_from(["docklet", "job", "submit", "--begin", "soon", "train.sh"]).is_err());
    }

    #[test]
    fn an_element_of_an_array_is_named_as_a_job_is() {
        for (text, known) in
            [("812", true), ("812_7", true), ("0", false), ("812_", false), ("_7", false), ("812[7]", false)]
        {
            assert_eq!(reference(text).ok().as_deref() == Some(text), known, "{text}");
        }
        let submit = Args::try_parse_from("docklet job submit -a 0-99%10 train.sh -a".split(' ')).expect("words");
        let Command::Job(JobCommand::Submit(submit)) = submit.command else { panic!("no submission") };
        assert_eq!((submit.array.as_deref(), submit.arguments()), (Some("0-99%10"), &["-a".to_owned()][..]));
        assert!(Args::try_parse_from("docklet job submit --array 0-9 --follow train.sh".split(' ')).is_err());
    }

    #[test]
    fn what_a_job_is_tried_again_for_is_exit_codes_or_a_lost_host() {
        let of = |words: &[&str]| Args::try_parse_from([&["docklet", "job", "submit"], words].concat());
        let submit = of(&["--retries", "3", "--retry-on", "75,host-lost", "--retry-on", "137", "train.sh"]);
        let Command::Job(JobCommand::Submit(submit)) = submit.expect("good words").command else {
            panic!("a submission")
        };
        let causes = [Cause::ExitCode(75), Cause::HostLost, Cause::ExitCode(137)];
        assert_eq!((submit.surroundings.retries, submit.surroundings.retry_on.as_slice()), (Some(3), &causes[..]));
        for words in [&["--retry-on", "75", "train.sh"][..], &["--retries", "1", "--retry-on", "lost", "train.sh"]] {
            assert!(of(words).is_err(), "{words:?}");
        }
    }

    #[test]
    fn a_variable_has_the_value_that_is_given_or_the_one_it_has_here() {
        let of = |name: &str, value: &str| Ok((name.to_owned(), value.to_owned()));
        assert_eq!(variable("A=b=c"), of("A", "b=c"));
        assert_eq!(variable("A="), of("A", ""));
        let path = std::env::var("PATH").expect("a path");
        assert_eq!(variable("PATH"), of("PATH", &path));
        assert!(variable("DOCKLET_NO_SUCH_VARIABLE").is_err());
    }

    #[test]
    fn events_may_be_followed_as_logs_are() {
        for line in ["docklet events", "docklet events -f", "docklet events --follow"] {
            assert!(Args::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
    }
}
