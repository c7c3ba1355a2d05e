//! The signal that a script gets while there is time left, as Slurm writes it. Knows no process.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Violation, described::described};

/// The signal that a script, or all its processes, get so many seconds before its time is over: `USR1@120`, `all:USR1@120`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Warning {
    pub signal: u8,
    pub seconds: u32,
    pub all: bool,
}

impl Warning {
    /// Seconds: a day.
    pub const EARLIEST: u32 = 24 * 60 * 60;
    const ALL: &str = "all:";
    /// What the signals from 1 on are called. Nobody can be warned by those that cannot be caught.
    const NAMES: [&str; 31] = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ];
    const UNCAUGHT: [&str; 2] = ["KILL", "STOP"];

    /// Those that can be caught, with their numbers.
    fn signals() -> impl Iterator<Item = (u8, &'static str)> {
        (1..).zip(Self::NAMES).filter(|(_, name)| !Self::UNCAUGHT.contains(name))
    }

    fn signal(text: &str) -> Option<u8> {
        let name = text.strip_prefix("SIG").unwrap_or(text);
        let is = |(number, called): &(u8, &str)| *called == name || number.to_string() == text;
        Self::signals().find(is).map(|(number, _)| number)
    }

    /// Digits alone, and none that says nothing.
    fn seconds(text: &str) -> Option<u32> {
        let seconds = text.parse::<u32>().ok().filter(|seconds| (1..=Self::EARLIEST).contains(seconds))?;
        (seconds.to_string() == text).then_some(seconds)
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whom = if self.all { Self::ALL } else { "" };
        let name = Self::signals().find(|(number, _)| *number == self.signal).map_or("TERM", |(_, name)| name);
        write!(f, "{whom}{name}@{}", self.seconds)
    }
}

impl FromStr for Warning {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let fault = |rule: String| Violation::new("warning", rule);
        let (all, rest) = text.strip_prefix(Self::ALL).map_or((false, text), |rest| (true, rest));
        let parts = rest.split_once('@');
        let (signal, seconds) = parts.ok_or_else(|| {
            fault("must be a signal and how many seconds before the end it is sent, such as USR1@120".to_owned())
        })?;
        let signal = Self::signal(signal).ok_or_else(|| {
            fault("must name a signal that can be caught, in capitals or by its number from 1 to 31".to_owned())
        })?;
        let seconds = Self::seconds(seconds)
            .ok_or_else(|| fault(format!("must be between 1 and {} seconds before the end", Self::EARLIEST)))?;
        Ok(Self { signal, seconds, all })
    }
}

as_text!(Warning);

described!(Warning, {
    let (numbers, names): (Vec<_>, Vec<_>) = Self::signals().map(|(number, name)| (number.to_string(), name)).unzip();
    let signal = format!("(?:{}|(?:SIG)?(?:{}))", numbers.join("|"), names.join("|"));
    let seconds = "(?:[1-9][0-9]{0,3}|[1-7][0-9]{4}|8[0-5][0-9]{3}|86[0-3][0-9]{2}|86400)";
    crate::described::text("all:SIGVTALRM@86400".len(), format!("^(?:{})?{signal}@{seconds}$", Self::ALL))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_names_a_signal_that_can_be_caught_and_how_long_before_the_end() {
        for (text, signal, seconds, all, shown) in [
            ("USR1@120", 10, 120, false, "USR1@120"),
            ("SIGUSR2@1", 12, 1, false, "USR2@1"),
            ("15@86400", 15, 86_400, false, "TERM@86400"),
            ("all:1@60", 1, 60, true, "all:HUP@60"),
            ("all:SIGSYS@9", 31, 9, true, "all:SYS@9"),
        ] {
            let warning: Warning = text.parse().expect(text);
            assert_eq!(warning, Warning { signal, seconds, all });
            assert_eq!(warning.to_string(), shown);
            assert_eq!(shown.parse(), Ok(warning), "it is read as it is written");
        }
    }

    #[test]
    fn what_is_no_warning_is_refused_with_the_rule() {
        let signal = "must name a signal that can be caught, in capitals or by its number from 1 to 31";
        let seconds = "must be between 1 and 86400 seconds before the end";
        let form = "must be a signal and how many seconds before the end it is sent, such as USR1@120";
        for (text, rule) in [
            ("", form),
            ("USR1", form),
            ("all:", form),
            ("KILL@9", signal),
            ("SIGSTOP@9", signal),
            ("9@9", signal),
            ("19@9", signal),
            ("0@9", signal),
            ("01@9", signal),
            ("32@9", signal),
            ("SIG10@9", signal),
            ("usr1@9", signal),
            ("@9", signal),
            ("ALL:USR1@9", signal),
            ("USR1@", seconds),
            ("USR1@0", seconds),
            ("USR1@+5", seconds),
            ("USR1@05", seconds),
            ("USR1@86401", seconds),
            ("USR1@9@9", seconds),
            ("USR1@1.5", seconds),
        ] {
            assert_eq!(text.parse::<Warning>(), Err(Violation::new("warning", rule)), "{text:?}");
        }
    }
}
