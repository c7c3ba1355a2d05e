//! The sign-ins that wait for a person, bounded, and who has guessed at their codes. Time and randomness are arguments.

use std::{collections::HashMap, net::IpAddr, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    UserId,
    user::{Scopes, TokenName},
};
use parking_lot::Mutex;

use super::code::UserCode;
use crate::{Error, accounts::network_of};

/// How long a program waits for its person, who may have to sign in first.
pub(super) const KEPT: Duration = Duration::from_secs(600);
/// How long a program leaves between two questions.
pub(super) const INTERVAL: Duration = Duration::from_secs(2);
/// Networks are not even: what comes a little early was not asked early.
const SOONEST: TimeDelta = TimeDelta::milliseconds(1500);
/// All together …
const MOST: usize = 5000;
/// … and of one network, which may be a lecture's.
const MOST_OF_NETWORK: usize = 200;
/// A person mistypes a few; with these, guessing one of five thousand among 20^8 takes years.
const WRONG_CODES: usize = 10;
const WRONG_KEPT: TimeDelta = TimeDelta::minutes(10);

/// Clones share the same ones.
#[derive(Clone, Default)]
pub(in crate::accounts) struct PendingSignIns(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    waiting: HashMap<UserCode, Waiting>,
    /// Codes that were wrong, the oldest first, by who gave them.
    wrong: HashMap<UserId, Vec<(UserCode, DateTime<Utc>)>>,
}

/// A program that waits for an answer.
pub(super) struct Waiting {
    /// Of its device code.
    digest: [u8; 32],
    asker: Asker,
    asked: Option<DateTime<Utc>>,
    answer: Option<Answer>,
}

/// Who wants to be let in, and when that began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asker {
    pub(super) name: TokenName,
    /// What it asks for.
    pub(super) scopes: Scopes,
    pub(super) address: IpAddr,
    pub(super) since: DateTime<Utc>,
}

pub(super) enum Answer {
    Denied,
    Approved(Approval),
}

/// Who has approved, for how long, and what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Approval {
    pub(super) user: UserId,
    pub(super) lifetime: Duration,
    pub(super) scopes: Scopes,
}

/// A program that was approved and asks: it is given its token, once.
pub(super) struct Approved {
    code: UserCode,
    waiting: Waiting,
    pub(super) by: Approval,
}

impl Approved {
    pub(super) fn name(&self) -> &TokenName {
        &self.waiting.asker.name
    }
}

impl Waiting {
    pub(super) fn new(digest: [u8; 32], asker: Asker) -> Self {
        Self { digest, asker, asked: None, answer: None }
    }

    fn is_good(&self, now: DateTime<Utc>) -> bool {
        now < self.asker.since + KEPT
    }
}

impl PendingSignIns {
    /// Where there are too many, the oldest of the same network gives way; of all, the oldest of the network that has the most
    /// (ADR 18).
    pub(super) fn add(&self, code: UserCode, waiting: Waiting) {
        let mut state = self.0.lock();
        let (now, network) = (waiting.asker.since, network_of(waiting.asker.address));
        state.waiting.retain(|_, one| one.is_good(now));
        if state.of_networks().get(&network).is_some_and(|count| *count >= MOST_OF_NETWORK) {
            state.drop_oldest(&network);
        } else if state.waiting.len() >= MOST {
            let largest = state.of_networks().into_iter().max_by_key(|(_, count)| *count);
            if let Some((network, _)) = largest {
                state.drop_oldest(&network);
            }
        }
        // One code in millions is drawn while another has it: then the older one's is no good any more.
        state.waiting.insert(code, waiting);
    }

    /// Who waits for an answer under this code. A wrong one counts for the user who gave it.
    pub(super) fn find(&self, user: UserId, code: &UserCode, now: DateTime<Utc>) -> Result<Asker, Error> {
        let mut state = self.0.lock();
        state.refuse_guesses(user, now)?;
        if let Some(one) = state.unanswered(code, now) {
            return Ok(one.asker.clone());
        }
        let wrong = state.wrong.entry(user).or_default();
        // The same one again is no other guess.
        if wrong.iter().all(|(known, _)| known != code) {
            wrong.push((code.clone(), now));
        }
        Err(Error::CodeExpired)
    }

    /// Whether a program still waited for it: an answer is given once.
    pub(super) fn answer(&self, code: &UserCode, answer: Answer, now: DateTime<Utc>) -> bool {
        let mut state = self.0.lock();
        let Some(one) = state.unanswered(code, now) else { return false };
        one.answer = Some(answer);
        true
    }

    /// What the program with this device code is told; it is approved once.
    pub(super) fn ask(&self, digest: &[u8; 32], now: DateTime<Utc>) -> Result<Approved, Error> {
        let mut state = self.0.lock();
        let found = state.waiting.iter_mut().find(|(_, one)| one.digest == *digest && one.is_good(now));
        let Some((code, one)) = found else { return Err(Error::CodeExpired) };
        if one.asked.is_some_and(|last| now - last < SOONEST) {
            return Err(Error::AskedTooOften(INTERVAL));
        }
        one.asked = Some(now);
        if one.answer.is_none() {
            return Err(Error::SignInPending);
        }
        let code = code.clone();
        match state.waiting.remove(&code) {
            Some(waiting) => match waiting.answer {
                Some(Answer::Approved(by)) => Ok(Approved { code, waiting, by }),
                _ => Err(Error::SignInDenied),
            },
            None => Err(Error::CodeExpired),
        }
    }

    /// What came of it could not be written down; the program may ask again.
    pub(super) fn put_back(&self, approved: Approved) {
        self.0.lock().waiting.insert(approved.code, approved.waiting);
    }
}

impl State {
    fn of_networks(&self) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for one in self.waiting.values() {
            *counts.entry(network_of(one.asker.address)).or_default() += 1;
        }
        counts
    }

    /// One that a person has answered only where there is no other: its program is told within seconds.
    fn drop_oldest(&mut self, network: &str) {
        let those = self.waiting.iter().filter(|(_, one)| network_of(one.asker.address) == network);
        let oldest = those.min_by_key(|(_, one)| (one.answer.is_some(), one.asker.since));
        if let Some(code) = oldest.map(|(code, _)| code.clone()) {
            self.waiting.remove(&code);
        }
    }

    fn unanswered(&mut self, code: &UserCode, now: DateTime<Utc>) -> Option<&mut Waiting> {
        self.waiting.get_mut(code).filter(|one| one.is_good(now) && one.answer.is_none())
    }

    fn refuse_guesses(&mut self, user: UserId, now: DateTime<Utc>) -> Result<(), Error> {
        self.wrong.retain(|_, codes| {
            codes.retain(|(_, at)| now - *at < WRONG_KEPT);
            !codes.is_empty()
        });
        match self.wrong.get(&user).map(Vec::as_slice) {
            Some(codes @ [(_, oldest), ..]) if codes.len() >= WRONG_CODES => {
                let wait = (*oldest + WRONG_KEPT - now).to_std().unwrap_or_default();
                Err(Error::TooManyAttempts { wait })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use uuid::Uuid;

    use super::*;

    const ADA: UserId = UserId::new(Uuid::from_u128(1));
    const BOB: UserId = UserId::new(Uuid::from_u128(2));
    const BY: Approval = Approval { user: ADA, lifetime: Duration::from_secs(30), scopes: Scopes::USUAL };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    /// As many codes as a test needs: the last letters of each are a number.
    fn code(number: usize) -> UserCode {
        let letter = |place: u32| char::from(b"BCDFGHJKLMNPQRSTVWXZ"[number / 20_usize.pow(place) % 20]);
        let letters: String = (0..8).map(letter).collect();
        letters.parse().expect("a code")
    }

    fn digest(number: usize) -> [u8; 32] {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&number.to_be_bytes());
        digest
    }

    fn asks(all: &PendingSignIns, number: usize, network: u32, since: i64) {
        let address = Ipv4Addr::from_bits(network).into();
        let (name, scopes) = ("hera".parse().expect("a name"), Scopes::USUAL);
        let asker = Asker { name, scopes, address, since: at(since) };
        all.add(code(number), Waiting::new(digest(number), asker));
    }

    fn count(all: &PendingSignIns) -> usize {
        all.0.lock().waiting.len()
    }

    #[test]
    fn a_program_waits_for_its_answer_and_a_token_is_handed_out_once() {
        let all = PendingSignIns::default();
        asks(&all, 1, 1, 0);
        assert!(matches!(all.ask(&digest(1), at(1)), Err(Error::SignInPending)));
        assert!(matches!(all.ask(&digest(2), at(1)), Err(Error::CodeExpired)), "another's device code");
        assert_eq!(all.find(ADA, &code(1), at(2)).expect("it waits").name.as_str(), "hera");
        assert!(all.answer(&code(1), Answer::Approved(BY), at(3)));
        assert!(!all.answer(&code(1), Answer::Denied, at(3)), "it was answered");
        assert!(matches!(all.find(BOB, &code(1), at(3)), Err(Error::CodeExpired)));
        let approved = all.ask(&digest(1), at(4)).expect("it is approved");
        assert_eq!((approved.by, approved.name().as_str()), (BY, "hera"));
        all.put_back(approved);
        all.ask(&digest(1), at(6)).expect("again, where it came to nothing");
        assert!(matches!(all.ask(&digest(1), at(8)), Err(Error::CodeExpired)));
        assert_eq!(count(&all), 0);
    }

    #[test]
    fn a_denied_program_is_told_so() {
        let all = PendingSignIns::default();
        asks(&all, 1, 1, 0);
        assert!(all.answer(&code(1), Answer::Denied, at(1)));
        assert!(matches!(all.ask(&digest(1), at(2)), Err(Error::SignInDenied)));
    }

    #[test]
    fn whoever_asks_too_often_is_told_to_wait_and_loses_nothing() {
        let all = PendingSignIns::default();
        asks(&all, 1, 1, 0);
        assert!(matches!(all.ask(&digest(1), at(0)), Err(Error::SignInPending)), "at once is fine");
        assert!(all.answer(&code(1), Answer::Approved(BY), at(1)));
        assert!(matches!(all.ask(&digest(1), at(1)), Err(Error::AskedTooOften(_))));
        all.ask(&digest(1), at(2)).expect("the token");
    }

    #[test]
    fn after_ten_minutes_nobody_waits_any_more() {
        let all = PendingSignIns::default();
        asks(&all, 1, 1, 0);
        all.find(ADA, &code(1), at(599)).expect("it waits");
        assert!(matches!(all.find(ADA, &code(1), at(600)), Err(Error::CodeExpired)));
        assert!(!all.answer(&code(1), Answer::Denied, at(600)));
        assert!(matches!(all.ask(&digest(1), at(600)), Err(Error::CodeExpired)));
        asks(&all, 2, 1, 600);
        assert_eq!(count(&all), 1, "it is forgotten");
    }

    #[test]
    fn the_oldest_of_the_same_network_gives_way_and_then_one_of_the_network_with_the_most() {
        let all = PendingSignIns::default();
        asks(&all, 0, 7, 0);
        for number in 1..=MOST_OF_NETWORK {
            asks(&all, number, 8, i64::try_from(number).expect("a small number"));
        }
        assert!(all.answer(&code(1), Answer::Approved(BY), at(300)));
        asks(&all, 900, 8, 300);
        assert_eq!(count(&all), 1 + MOST_OF_NETWORK);
        all.find(ADA, &code(0), at(300)).expect("another network's stays");
        assert!(matches!(all.find(ADA, &code(2), at(300)), Err(Error::CodeExpired)), "the oldest has gone");
        for number in 0..MOST - 100 {
            asks(&all, 1000 + number, 1000 + u32::try_from(number).expect("a small number"), 310);
        }
        assert_eq!(count(&all), MOST);
        all.find(BOB, &code(0), at(310)).expect("who has one keeps it, however old");
        all.ask(&digest(1), at(310)).expect("so does who was approved");
        assert!(matches!(all.find(BOB, &code(100), at(310)), Err(Error::CodeExpired)), "the largest has given way");
    }

    #[test]
    fn guessing_ends_after_a_few_wrong_codes_and_for_the_one_who_guesses() {
        let all = PendingSignIns::default();
        asks(&all, 1, 1, 0);
        // A page that is loaded again asks for the same one.
        for number in std::iter::once(0).chain(0..WRONG_CODES) {
            let refused = all.find(ADA, &code(100 + number), at(1));
            assert!(matches!(refused, Err(Error::CodeExpired)), "{refused:?}");
        }
        let refused = all.find(ADA, &code(1), at(61));
        assert!(matches!(refused, Err(Error::TooManyAttempts { wait }) if wait.as_secs() == 540), "{refused:?}");
        all.find(BOB, &code(1), at(61)).expect("others may");
        asks(&all, 2, 1, 600);
        all.find(ADA, &code(2), at(601)).expect("it is forgotten in time");
        assert!(all.0.lock().wrong.is_empty());
    }
}
