//! Jobs: whose turn it is, and how many may wait.

use std::time::Duration;

use chrono::TimeDelta;
use control::jobs::JobPolicy;
use scheduler::{Order, Weights};

use super::{setting::section, value::Value};

section! {
    pub struct JobsConfig in "jobs" {
        /// In which order jobs start: `fair_share`, first those of people whose jobs have used less of late, or `fifo`, first
        /// those that were submitted first. Either way, a job may go ahead of others where that keeps none of them waiting.
        pub order: Order = "fair_share",
        /// Of the CPU time that somebody's jobs have used, half is forgotten in this time. Only where the order is
        /// `fair_share`.
        pub half_life: Duration = "7d",
        /// Jobs of one user that may wait at the same time; one more is refused.
        pub most_pending: u32 = "10000",
    }
}

impl JobsConfig {
    pub fn policy(&self) -> JobPolicy {
        // What is longer than chrono can say is never.
        let half_life = TimeDelta::from_std(self.half_life).unwrap_or(TimeDelta::MAX);
        JobPolicy { order: self.order, half_life, most_pending: self.most_pending }
    }
}

impl Value for Order {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "fair_share" => Ok(Self::FairShare(Weights::default())),
            "fifo" => Ok(Self::Fifo),
            _ => Err(format!("must be fair_share or fifo, not {text:?}")),
        }
    }
}
