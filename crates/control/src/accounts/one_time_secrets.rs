//! Secrets that are shown once to the browser session that made them: where a form was sent without script, the answer is a
//! redirect, and the page it leads to takes the secret from here. Nothing of it is ever written down, so a restart in the
//! moment between loses it, and its owner makes another.

use std::{collections::HashMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use domain::SessionHandle;
use parking_lot::Mutex;

use super::Accounts;
use crate::{Error, actor::Actor};

/// A redirect takes milliseconds; a slow phone a few seconds.
const KEPT: TimeDelta = TimeDelta::minutes(2);
/// So many may wait at the same time; the oldest goes.
const MOST: usize = 256;
const KEY_BYTES: usize = 16;
/// Hexadecimal digits of a key.
pub const ONE_TIME_KEY_LENGTH: usize = KEY_BYTES * 2;

#[derive(Clone, Default)]
pub(super) struct OneTimeSecrets(Arc<Mutex<HashMap<String, Waiting>>>);

struct Waiting {
    secret: String,
    session: SessionHandle,
    since: DateTime<Utc>,
}

impl OneTimeSecrets {
    fn keep(&self, key: String, waiting: Waiting) {
        let mut all = self.0.lock();
        let now = waiting.since;
        all.retain(|_, waiting| now - waiting.since < KEPT);
        if all.len() >= MOST
            && let Some(oldest) = all.iter().min_by_key(|(_, waiting)| waiting.since).map(|(key, _)| key.clone())
        {
            all.remove(&oldest);
        }
        all.insert(key, waiting);
    }

    /// Another user's key takes nothing, and takes nothing away.
    fn take(&self, key: &str, session: &SessionHandle, now: DateTime<Utc>) -> Option<String> {
        let mut all = self.0.lock();
        let theirs = all.get(key).is_some_and(|waiting| waiting.session == *session && now - waiting.since < KEPT);
        if theirs { all.remove(key).map(|waiting| waiting.secret) } else { None }
    }
}

impl Accounts {
    /// Keeps a secret for the next page of this browser session; what is returned takes it, once.
    pub fn show_once(&self, actor: &Actor, secret: String) -> Result<String, Error> {
        let session = actor.in_person()?.clone();
        let mut key = [0; KEY_BYTES];
        self.entropy.fill(&mut key);
        let key = hex::encode(key);
        self.one_time_secrets.keep(key.clone(), Waiting { secret, session, since: self.clock.now() });
        Ok(key)
    }

    /// The secret; `None` when it was shown already, is another session's, or has waited too long.
    pub fn take_shown(&self, actor: &Actor, key: &str) -> Result<Option<String>, Error> {
        Ok(self.one_time_secrets.take(key, actor.in_person()?, self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(digit: &str) -> SessionHandle {
        digit.repeat(32).parse().expect("a handle")
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    fn kept(all: &OneTimeSecrets, key: &str, since: i64) {
        all.keep(key.into(), Waiting { secret: format!("secret of {key}"), session: session("a"), since: at(since) });
    }

    #[test]
    fn a_secret_is_shown_once_and_only_to_the_session_it_was_made_in() {
        let all = OneTimeSecrets::default();
        kept(&all, "key", 0);
        assert_eq!(all.take("key", &session("b"), at(1)), None);
        assert_eq!(all.take("other", &session("a"), at(1)), None);
        assert_eq!(all.take("key", &session("a"), at(1)).as_deref(), Some("secret of key"));
        assert_eq!(all.take("key", &session("a"), at(1)), None);
    }

    #[test]
    fn what_nobody_comes_for_is_forgotten() {
        let all = OneTimeSecrets::default();
        kept(&all, "key", 0);
        assert_eq!(all.take("key", &session("a"), at(120)), None);
        kept(&all, "next", 120);
        assert_eq!(all.0.lock().len(), 1);
        for number in 0..i64::try_from(MOST).expect("a small number") {
            kept(&all, &format!("many-{number}"), 121 + number / 4);
        }
        assert_eq!(all.0.lock().len(), MOST);
        assert_eq!(all.take("next", &session("a"), at(190)), None, "the oldest has gone");
    }
}
