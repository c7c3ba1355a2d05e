//! How much of their time limits jobs have used lately: what is expected of those that run and wait. In memory only.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use domain::job::Job;

/// The last so many jobs count.
const KEPT: usize = 200;
/// Fewer say nothing about others.
const ENOUGH: usize = 20;

/// Shares of time limits, from 0 to 1.
#[derive(Debug, Default)]
pub(super) struct Lengths(VecDeque<f64>);

impl Lengths {
    /// Counts a job that is over. One that was not seen running says nothing.
    pub(super) fn add(&mut self, job: &Job) {
        let since = job.attempt.as_ref().and_then(|attempt| attempt.running_since);
        let Some((since, ended)) = since.zip(job.ended_at).filter(|_| job.state.is_final()) else { return };
        let limit = f64::from(job.spec.time_limit.seconds().max(1));
        self.push(((ended - since).num_milliseconds() as f64 / 1000.0 / limit).clamp(0.0, 1.0));
    }

    fn push(&mut self, share: f64) {
        self.0.push_back(share);
        if self.0.len() > KEPT {
            self.0.pop_front();
        }
    }

    /// Nine in ten have used at least this share.
    pub(super) fn short(&self) -> Option<f64> {
        let mut shares: Vec<f64> = self.0.iter().copied().collect();
        shares.sort_unstable_by(f64::total_cmp);
        shares.get(shares.len() / 10).copied().filter(|_| shares.len() >= ENOUGH)
    }
}

/// When that comes which comes at `latest` if all take their whole time, if all take this share of what is left to them. A plan in
/// which every length is so much shorter is the same plan, so much shorter.
pub(super) fn shortened(now: DateTime<Utc>, latest: DateTime<Utc>, share: f64) -> DateTime<Utc> {
    // Seconds of at most some years: far below 2^53.
    now + TimeDelta::seconds(((latest - now).num_seconds().max(0) as f64 * share) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_in_ten_of_the_last_jobs_took_at_least_as_long() {
        let mut lengths = Lengths::default();
        for share in 1..=19 {
            lengths.push(f64::from(share) / 100.0);
        }
        assert_eq!(lengths.short(), None, "too few");
        lengths.push(0.2);
        assert_eq!(lengths.short(), Some(0.03));
        for _ in 0..KEPT {
            lengths.push(0.5);
        }
        assert_eq!((lengths.short(), lengths.0.len()), (Some(0.5), KEPT), "the others are long ago");
    }

    #[test]
    fn what_is_left_is_shortened() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(1);
        let after = |seconds| now + TimeDelta::seconds(seconds);
        assert_eq!(shortened(now, after(3600), 0.25), after(900));
        assert_eq!(shortened(now, after(-60), 0.25), now);
    }
}
