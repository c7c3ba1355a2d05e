//! How long to wait after failed attempts. Pure: counts and times in, waits out.
//!
//! Each counter has some free failures and then waits that double up to a limit. A guess at an account from an address counts
//! for that pair (fast to grow, so guessing is slow), for the address over all accounts (so one machine cannot try many) and
//! for the account from everywhere (so many machines cannot try one).
//!
//! The last two could be used to keep others waiting, so a stranger's failures are kept away from those who have none:
//! - a browser that has signed in to the account before (it shows a cookie of ours) has a counter of its own, and only that;
//! - a pair without a failure waits only for other pairs' *first* failures: an attacker who goes on guessing from the same addresses
//!   adds nothing to these, so it takes ever new addresses, or ever new names, to keep a newcomer waiting, and then for
//!   seconds.

use std::{net::IpAddr, time::Duration};

use chrono::{DateTime, Utc};
use domain::UserId;

use super::queue::Share;
use crate::ports::store::Attempts;

/// Places in the queue before argon2: one person needs one; a lecture signs in from one address.
const PLACES_OF_ACCOUNT: usize = 4;
const PLACES_OF_ADDRESS: usize = 128;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    free: u32,
    longest: Duration,
    /// After this long without a failure the count begins anew.
    memory: Duration,
}

impl Rule {
    pub(super) const PAIR: Self = Self::of(4, 300);
    pub(super) const DEVICE: Self = Self::of(4, 300);
    pub(super) const ADDRESS: Self = Self::of(20, 60);
    pub(super) const ACCOUNT: Self = Self::of(30, 15);
    /// Accounts that were guessed at for the first time from an address, and addresses from which an account was.
    pub(super) const FIRSTS_OF_ADDRESS: Self = Self::of(100, 15);
    pub(super) const FIRSTS_OF_ACCOUNT: Self = Self::of(50, 15);

    const fn of(free: u32, longest: u64) -> Self {
        Self { free, longest: Duration::from_secs(longest), memory: Duration::from_secs(3600) }
    }

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
    /// Whether a success clears it. What counts for the address is kept: a user of one account could otherwise go on
    /// guessing at others.
    pub(super) is_forgiven: bool,
}

/// A browser that has signed in to an account with its password before, as the edge has made sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    pub user: UserId,
    /// Names this browser among those of the user.
    pub id: String,
}

/// Where an attempt comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knock {
    pub address: IpAddr,
    pub device: Option<Device>,
}

impl From<IpAddr> for Knock {
    fn from(address: IpAddr) -> Self {
        Self { address, device: None }
    }
}

/// One attempt at an account. Names are bounded and stripped: they come from strangers and become keys.
pub(super) struct Guess {
    name: String,
    network: String,
    /// The browser's own counter, when it is one of the account's.
    device: Option<String>,
}

impl Guess {
    /// `user` is the account's, if there is one of that name.
    pub(super) fn new(name: &str, user: Option<UserId>, knock: &Knock) -> Self {
        let name: String = name.chars().filter(|c| c.is_ascii_graphic()).take(64).collect();
        let known = knock.device.as_ref().filter(|device| Some(device.user) == user);
        let device = known.map(|device| format!("device:{}:{}", device.user, device.id));
        Self { name, network: network_of(knock.address), device }
    }

    /// What says whether this account was guessed at from here before.
    pub(super) fn pair(&self) -> String {
        format!("pair:{}@{}", self.name, self.network)
    }

    /// What the attempt counts for; `has_failed`: the pair has, and it is remembered.
    pub(super) fn subjects(&self, has_failed: bool) -> Vec<Subject> {
        let subject = |key, rule, is_forgiven| Subject { key, rule, is_forgiven };
        let Self { name, network, device } = self;
        if let Some(device) = device {
            return vec![subject(device.clone(), Rule::DEVICE, true)];
        }
        let pair = subject(self.pair(), Rule::PAIR, true);
        if has_failed {
            return vec![
                pair,
                subject(format!("address:{network}"), Rule::ADDRESS, false),
                subject(format!("account:{name}"), Rule::ACCOUNT, true),
            ];
        }
        vec![
            pair,
            subject(format!("firsts-of-address:{network}"), Rule::FIRSTS_OF_ADDRESS, false),
            subject(format!("firsts-of-account:{name}"), Rule::FIRSTS_OF_ACCOUNT, true),
        ]
    }

    /// What it may take of the queue before argon2.
    pub(super) fn shares(&self) -> [Share; 2] {
        [
            Share { key: format!("account:{}", self.name), most: PLACES_OF_ACCOUNT },
            Share { key: format!("address:{}", self.network), most: PLACES_OF_ADDRESS },
        ]
    }
}

/// An IPv6 customer has a whole /64 to try from, so that is what counts as one address.
pub(crate) fn network_of(address: IpAddr) -> String {
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

    fn keys(guess: &Guess, has_failed: bool) -> Vec<String> {
        guess.subjects(has_failed).into_iter().map(|subject| subject.key).collect()
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
        for rule in [Rule::ACCOUNT, Rule::FIRSTS_OF_ACCOUNT, Rule::FIRSTS_OF_ADDRESS] {
            assert!(rule.wait(&after(100_000), at(0)) <= Some(Duration::from_secs(15)));
        }
    }

    #[test]
    fn neighbours_in_one_ipv6_network_count_as_one_address() {
        let key = |text: &str| {
            let address: IpAddr = text.parse().expect("an address");
            keys(&Guess::new("ada", None, &address.into()), true)[1].clone()
        };
        assert_eq!(key("2001:db8::1"), key("2001:db8::ffff"));
        assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
        assert_eq!(key("::ffff:192.0.2.7"), "address:192.0.2.7");
    }

    #[test]
    fn a_browser_of_the_account_shares_no_counter_with_anybody() {
        let user = UserId::new(uuid::Uuid::from_u128(1));
        let device = Some(Device { user, id: "d".into() });
        let knock = Knock { address: IpAddr::from([192, 0, 2, 7]), device };
        assert_eq!(keys(&Guess::new("ada", Some(user), &knock), true), [format!("device:{user}:d")]);
        let other = Some(UserId::new(uuid::Uuid::from_u128(2)));
        for account in [other, None] {
            assert_eq!(keys(&Guess::new("bob", account, &knock), true).len(), 3, "it is no browser of that account");
        }
    }
}
