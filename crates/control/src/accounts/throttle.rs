//! How long to wait after failed attempts. Pure: counts and times in, waits out.
//!
//! Three counters for every attempt, each with some free failures and then waits that double up to a limit:
//! the account from this address (fast to grow, so guessing is slow), the address over all accounts (so one machine cannot
//! try many), and the account from everywhere (slow to grow and capped low, so that strangers cannot keep its owner out).

use std::{net::IpAddr, time::Duration};

use chrono::{DateTime, Utc};

use crate::ports::store::Attempts;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    free: u32,
    longest: Duration,
    /// After this long without a failure the count begins anew.
    memory: Duration,
}

impl Rule {
    pub(super) const PAIR: Self =
        Self { free: 4, longest: Duration::from_secs(300), memory: Duration::from_secs(3600) };
    pub(super) const ADDRESS: Self =
        Self { free: 20, longest: Duration::from_secs(300), memory: Duration::from_secs(3600) };
    pub(super) const ACCOUNT: Self =
        Self { free: 30, longest: Duration::from_secs(15), memory: Duration::from_secs(3600) };

    /// What is still to wait, or `None`.
    pub(super) fn wait(self, attempts: &Attempts, now: DateTime<Utc>) -> Option<Duration> {
        let over = self.remembered(attempts, now).checked_sub(self.free + 1)?;
        let whole = Duration::from_secs(1u64 << over.min(20)).min(self.longest);
        let passed = (now - attempts.last_failure).to_std().unwrap_or_default();
        whole.checked_sub(passed).filter(|left| !left.is_zero())
    }

    /// The failures that still count.
    pub(super) fn remembered(self, attempts: &Attempts, now: DateTime<Utc>) -> u32 {
        let passed = (now - attempts.last_failure).to_std().unwrap_or_default();
        if passed > self.memory { 0 } else { attempts.failures }
    }
}

pub(super) struct Subject {
    pub(super) key: String,
    pub(super) rule: Rule,
}

/// What one attempt counts for. Names are bounded and stripped here: they come from anybody and become keys.
pub(super) fn subjects(name: &str, address: IpAddr) -> [Subject; 3] {
    let name: String = name.chars().filter(|c| c.is_ascii_graphic()).take(64).collect();
    let address = network_of(address);
    [
        Subject { key: format!("pair:{name}@{address}"), rule: Rule::PAIR },
        Subject { key: format!("address:{address}"), rule: Rule::ADDRESS },
        Subject { key: format!("account:{name}"), rule: Rule::ACCOUNT },
    ]
}

/// An IPv6 customer has a whole /64 to try from, so that is what counts as one address.
fn network_of(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(failures: u32) -> Attempts {
        Attempts { key: "account:ada".into(), failures, last_failure: DateTime::UNIX_EPOCH }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    #[test]
    fn waits_double_after_the_free_failures_and_never_pass_the_longest() {
        let waits: Vec<u64> =
            (3..=16).map(|n| Rule::PAIR.wait(&after(n), at(0)).map_or(0, |wait| wait.as_secs())).collect();
        assert_eq!(waits, [0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        assert_eq!(Rule::PAIR.wait(&after(u32::MAX), at(0)), Some(Duration::from_secs(300)));
    }

    #[test]
    fn a_wait_ends_by_itself_and_the_count_is_forgotten_in_time() {
        assert_eq!(Rule::PAIR.wait(&after(6), at(1)), Some(Duration::from_secs(1)));
        assert_eq!(Rule::PAIR.wait(&after(6), at(2)), None);
        assert_eq!(Rule::PAIR.remembered(&after(6), at(3601)), 0);
    }

    #[test]
    fn strangers_cannot_keep_an_account_s_owner_out_for_long() {
        assert!(Rule::ACCOUNT.wait(&after(100_000), at(0)) <= Some(Duration::from_secs(15)));
    }

    #[test]
    fn neighbours_in_one_ipv6_network_count_as_one_address() {
        let key = |text: &str| subjects("ada", text.parse().expect("an address"))[1].key.clone();
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:192.0.2.7"), "address:192.0.2.7");
    }
}
