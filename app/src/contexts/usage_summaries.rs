//! What every vcluster of the list uses, summed up: begun with what the server rendered, then asked for again and again
//! while the list is seen. One question for all of them, however many there are.

use std::{collections::BTreeMap, time::Duration};

use leptos::{prelude::*, task::spawn_local};

use super::stream::seen;
use crate::api::usage::{UsageSummary, read_usage_summaries};

/// Often enough for a line of five minutes.
const AGAIN: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy)]
pub(crate) struct UsageSummaries(RwSignal<BTreeMap<String, UsageSummary>>);

impl UsageSummaries {
    pub(crate) fn seed(self, summaries: Vec<UsageSummary>) {
        // The list may have been left in the meantime.
        self.0.try_set(summaries.into_iter().map(|summary| (summary.vcluster.clone(), summary)).collect());
    }

    pub(crate) fn of(self, vcluster: &str) -> Option<UsageSummary> {
        self.0.with(|summaries| summaries.get(vcluster).cloned())
    }
}

/// `wanted`: something runs that could use something.
pub(crate) fn provide_usage_summaries(wanted: Memo<bool>) -> UsageSummaries {
    let summaries = UsageSummaries(RwSignal::new(BTreeMap::new()));
    let look = move || {
        if seen() && wanted.try_get_untracked() == Some(true) {
            spawn_local(async move {
                // A question without an answer leaves the figures as they are; the next one comes.
                if let Ok(found) = read_usage_summaries().await {
                    summaries.seed(found);
                }
            });
        }
    };
    Effect::new(move |_| {
        // Also at once, when the first one has begun to run.
        if wanted.get() {
            look();
        }
    });
    Effect::new(move |_| {
        if let Ok(interval) = set_interval_with_handle(look, AGAIN) {
            on_cleanup(move || interval.clear());
        }
    });
    provide_context(summaries);
    summaries
}

pub(crate) fn use_usage_summaries() -> UsageSummaries {
    expect_context()
}
