//! Browsers that have signed in to an account with its password before. They show a cookie that only we can make, so that
//! strangers who guess at the account do not keep its owner waiting. It opens nothing.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use control::{
    accounts::{Device, Knock},
    ports::identity::Seal,
};
use domain::UserId;
use http::{HeaderMap, HeaderValue};
use parking_lot::Mutex;

use super::cookies;
use crate::seal::KeySeal;

/// Where the sealed text belongs: nothing else that is sealed opens here.
const PLACE: &str = "known browser";
const GOOD_FOR: TimeDelta = TimeDelta::days(180);

/// Makes and reads the cookie. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KnownBrowsers(Arc<KeySeal>);

impl KnownBrowsers {
    pub fn new(seal: KeySeal) -> Self {
        Self(Arc::new(seal))
    }

    /// The browser this request comes from, if it is one.
    pub(crate) fn read(&self, headers: &HeaderMap, secure: bool, now: DateTime<Utc>) -> Option<Device> {
        let text = self.0.open(cookies::known(headers, secure)?, PLACE)?;
        let mut parts = text.split(' ');
        let (user, id, since) = (parts.next()?, parts.next()?, parts.next()?);
        let since = DateTime::from_timestamp(since.parse().ok()?, 0)?;
        let user = UserId::new(user.parse().ok()?);
        (now - since < GOOD_FOR).then(|| Device { user, id: id.to_owned() })
    }

    /// What the browser gets after the right password. One that is known already stays the one it is.
    fn cookie(&self, user: UserId, before: Option<&Device>, secure: bool, now: DateTime<Utc>) -> Option<HeaderValue> {
        let same = before.filter(|device| device.user == user).map(|device| device.id.clone());
        let id = same.unwrap_or_else(|| format!("{:032x}", rand::random::<u128>()));
        let sealed = self.0.seal(&format!("{} {id} {}", user.as_uuid(), now.timestamp()), PLACE);
        HeaderValue::from_str(&cookies::know(&sealed, secure, GOOD_FOR.num_seconds())).ok()
    }
}

/// Where an attempt to sign in comes from, and what its answer tells the browser.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) knock: Knock,
    signed_in: Arc<Mutex<Option<UserId>>>,
}

impl Known {
    pub(crate) fn new(knock: Knock) -> Self {
        Self { knock, signed_in: Arc::default() }
    }

    /// A person has just signed in with the right password.
    pub(crate) fn signed_in(&self, user: UserId) {
        *self.signed_in.lock() = Some(user);
    }

    /// For the answer, then.
    pub(crate) fn cookie(&self, all: &KnownBrowsers, secure: bool, now: DateTime<Utc>) -> Option<HeaderValue> {
        let user = (*self.signed_in.lock())?;
        all.cookie(user, self.knock.device.as_ref(), secure, now)
    }
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    fn user(number: u128) -> UserId {
        UserId::new(uuid::Uuid::from_u128(number))
    }

    /// As a browser sends it back.
    fn sent_back(cookie: &HeaderValue) -> HeaderMap {
        let pair = cookie.to_str().expect("text").split(';').next().expect("a pair").to_owned();
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&pair).expect("a header"))])
    }

    fn all() -> KnownBrowsers {
        KnownBrowsers::new(KeySeal::with_key(&KeySeal::new_key()).expect("a key"))
    }

    #[test]
    fn a_browser_is_known_by_our_cookie_for_half_a_year() {
        let (ours, now) = (all(), DateTime::UNIX_EPOCH);
        let headers = sent_back(&ours.cookie(user(1), None, true, now).expect("a cookie"));
        let device = ours.read(&headers, true, now).expect("it is known");
        assert_eq!(device.user, user(1));
        assert_eq!(ours.read(&headers, true, now + GOOD_FOR), None, "too old");
        assert_eq!(ours.read(&headers, false, now), None, "another scheme has another name");
        assert_eq!(all().read(&headers, true, now), None, "another installation's");
        let again = sent_back(&ours.cookie(user(1), Some(&device), true, now).expect("a cookie"));
        assert_eq!(ours.read(&again, true, now), Some(device.clone()), "it stays the same one");
        let other = sent_back(&ours.cookie(user(2), Some(&device), true, now).expect("a cookie"));
        assert_ne!(ours.read(&other, true, now).expect("known").id, device.id, "another person's is another");
    }

    #[test]
    fn what_we_have_not_made_is_no_known_browser() {
        for text in ["", "docklet_known=", "docklet_known=abc", "docklet_known=1 2 3"] {
            let headers = HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(text).expect("a header"))]);
            assert_eq!(all().read(&headers, false, DateTime::UNIX_EPOCH), None, "{text}");
        }
    }
}
