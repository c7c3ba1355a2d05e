//! Looks whether certificate or key have changed, and takes them when they can be used.

use std::{os::unix::fs::MetadataExt as _, path::Path, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use control::ports::clock::Clock;

use super::{
    Tls,
    pair::{Pair, PairError, Validity},
};
use crate::{config::tls::Files, http::shutdown::Shutdown};

/// How soon a change is noticed. Two looks at the file system every few seconds cost nothing, and see through every way
/// of replacing files: writing, renaming, moving a link.
const EVERY: Duration = Duration::from_secs(2);
/// What was refused may be good later, without another change: from tomorrow on, or when the disk can be read again.
const AGAIN: TimeDelta = TimeDelta::minutes(1);
/// How often one is reminded of a certificate that ends soon.
const REMIND: TimeDelta = TimeDelta::days(1);

/// What changes with a file's content, for both files.
pub(super) type Fingerprint = [Option<(u64, u64, u64, i64, i64, i64, i64)>; 2];

/// A pair that could not be taken.
struct Refused {
    why: String,
    at: DateTime<Utc>,
}

impl Tls {
    /// Keeps the shown pair current until the shutdown begins.
    pub async fn keep_current(self, clock: impl Clock, shutdown: Shutdown) {
        let mut seen = self.seen;
        let mut refused: Option<Refused> = None;
        let mut reminded = self.speak_of_the_end(clock.now(), None);
        loop {
            tokio::select! {
                () = shutdown.begun() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            let now = clock.now();
            let found = fingerprint(&self.files);
            if found != seen || refused.as_ref().is_some_and(|refused| now - refused.at >= AGAIN) {
                seen = found;
                refused = self.take_new(now, refused);
                if refused.is_none() {
                    reminded = None;
                }
            }
            reminded = self.speak_of_the_end(now, reminded);
        }
    }

    /// Reads what is in the files now, to show it from now on; else says why not, the same reason only once.
    fn take_new(&self, now: DateTime<Utc>, before: Option<Refused>) -> Option<Refused> {
        let current = self.current.0.read().clone();
        match chosen(&current, Pair::read(&self.files), now) {
            Ok(pair) => {
                tracing::info!(until = %pair.until, "the certificate was read again");
                metrics::counter!("docklet_tls_reloads_total", "outcome" => "taken").increment(1);
                *self.current.0.write() = pair;
                None
            }
            Err(why) => {
                if before.is_none_or(|before| before.why != why) {
                    tracing::warn!("the new certificate is not taken, the one before is kept: {why}");
                    metrics::counter!("docklet_tls_reloads_total", "outcome" => "refused").increment(1);
                }
                Some(Refused { why, at: now })
            }
        }
    }

    /// Says when the end of the certificate is near, and when that was said last.
    fn speak_of_the_end(&self, now: DateTime<Utc>, said: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        let (until, validity) = {
            let pair = self.current.0.read();
            (pair.until, pair.validity(now))
        };
        // Seconds since 1970 are exact in a double for the next 200 million years.
        metrics::gauge!("docklet_tls_certificate_expires_at_seconds").set(until.timestamp() as f64);
        if said.is_some_and(|said| now - said < REMIND) {
            return said;
        }
        match validity {
            Validity::Good => return None,
            Validity::EndsSoon(days) => {
                tracing::warn!(%until, "the certificate ends in {days} days; renew it, it is read again by itself");
            }
            Validity::NotYet => tracing::warn!("the certificate is not good yet; browsers refuse it"),
            Validity::Over => tracing::error!(%until, "the certificate has ended; browsers refuse it. Renew it"),
        }
        Some(now)
    }
}

/// The pair to show from now on, or why the current one stays.
fn chosen(current: &Pair, read: Result<Pair, PairError>, now: DateTime<Utc>) -> Result<Pair, String> {
    let new = read.map_err(|error| error.to_string())?;
    let refused = |pair: &Pair| matches!(pair.validity(now), Validity::Over | Validity::NotYet);
    if refused(&new) && !refused(current) {
        return Err(format!("it is good from {} until {}, which is not now", new.from, new.until));
    }
    Ok(new)
}

pub(super) fn fingerprint(files: &Files) -> Fingerprint {
    let of = |path: &Path| {
        let file = std::fs::metadata(path).ok()?;
        Some((file.dev(), file.ino(), file.size(), file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec()))
    };
    [of(&files.certificate), of(&files.key)]
}
