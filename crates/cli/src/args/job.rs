//! What jobs have of the command line, and how the time limit of one is written.

use std::path::PathBuf;

use clap::{
    Subcommand,
    builder::{PossibleValuesParser, RangedI64ValueParser},
};

use super::vc::seconds;
use crate::commands::completion::jobs;

/// States of jobs that are not over.
pub(crate) const LIVE_STATES: [&str; 4] = ["pending", "configuring", "running", "completing"];
/// States of jobs that can be cancelled.
pub(crate) const CANCELLED_BY_ALL: [&str; 3] = ["pending", "configuring", "running"];
const FINAL_STATES: [&str; 6] = ["completed", "failed", "cancelled", "timeout", "out_of_memory", "node_fail"];

#[derive(Debug, Subcommand)]
pub(crate) enum JobCommand {
    /// Submit a script: it waits for its turn and runs once, in a container of its own beside your home
    ///
    /// SCRIPT is a file of this machine. Its first line may name an interpreter (#!/bin/bash); without that, /bin/sh reads it.
    /// docklet's own options come before SCRIPT; what follows are the script's arguments.
    Submit(Submit),
    /// List yours that wait or run, newest first
    Ls {
        /// Those in this state; may be given several times
        #[arg(
            long,
            value_name = "STATE",
            value_delimiter = ',',
            value_parser = PossibleValuesParser::new(LIVE_STATES.into_iter().chain(FINAL_STATES)),
            conflicts_with = "all"
        )]
        state: Vec<String>,
        /// Also those that are over
        #[arg(long)]
        all: bool,
    },
    /// Show one
    Show {
        #[arg(value_name = "ID", value_parser = number(), add = jobs())]
        job: i64,
    },
    /// End them, or take them out of the queue
    Cancel(Cancel),
    /// Keep them from starting
    Hold(Jobs),
    /// Let them start again
    Release(Jobs),
    /// Print what one has written, byte by byte
    Logs {
        #[arg(value_name = "ID", value_parser = number(), add = jobs())]
        job: i64,
        /// Go on with what it writes until it is over; exit code 0 however it ended
        #[arg(long, short)]
        follow: bool,
    },
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
    #[arg(value_name = "ID", required = true, value_parser = number(), add = jobs())]
    pub(crate) jobs: Vec<i64>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Cancel {
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all", value_parser = number(), add = jobs())]
    pub(crate) jobs: Vec<i64>,
    /// All of yours that are not over
    #[arg(long)]
    pub(crate) all: bool,
    /// With --all: those in this state alone; may be given several times
    #[arg(
        long,
        requires = "all",
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
    /// How long it may run; an hour when absent
    ///
    /// MINUTES, MM:SS, HH:MM:SS, D-HH, D-HH:MM or D-HH:MM:SS; or a number with a unit: 90s, 30m, 2h, 1d.
    #[arg(long, value_name = "TIME", value_parser = time_limit)]
    pub(crate) time: Option<i64>,
    /// The file of your home that its output and errors go to; job-%j.out when absent
    ///
    /// A path below the home, or an absolute one. %j stands for the job's number, %x for its name, %% for a percent sign.
    #[arg(long, value_name = "PATH")]
    pub(crate) output_file: Option<String>,
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
    #[arg(long, value_name = "COMMAND", conflicts_with = "script")]
    pub(crate) wrap: Option<String>,
    /// The script's file; standard input where there is none, or for -
    #[arg(value_name = "SCRIPT")]
    pub(crate) script: Option<PathBuf>,
    /// What the script is called with
    #[arg(value_name = "ARGS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<String>,
}

pub(super) fn number() -> RangedI64ValueParser<i64> {
    clap::value_parser!(i64).range(1..)
}

/// In seconds.
fn time_limit(text: &str) -> Result<i64, &'static str> {
    let with_unit = [('s', 1), ('m', MINUTE), ('h', HOUR), ('d', DAY)].into_iter().find_map(|(unit, seconds)| {
        let count = text.strip_suffix(unit)?;
        Some(whole(count).and_then(|count| count.checked_mul(seconds)))
    });
    with_unit.unwrap_or_else(|| clock(text)).ok_or("write MINUTES, HH:MM:SS, D-HH:MM:SS, or 90s, 30m, 2h, 1d")
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
            assert_eq!(submit.arguments, ["--epochs", "3", "--wait", "-q"], "{line}");
            assert!(submit.follow && !submit.wait, "{line}");
        }
        assert_eq!(of("docklet job submit -").script, Some(PathBuf::from("-")));
        assert!(Args::try_parse_from(["docklet", "job", "submit", "--wrap", "true", "train.sh"]).is_err());
    }

    #[test]
    fn events_may_be_followed_as_logs_are() {
        for line in ["docklet events", "docklet events -f", "docklet events --follow"] {
            assert!(Args::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
    }
}
