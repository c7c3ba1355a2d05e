//! What every vcluster of the list uses, at a glance: begun with what the server rendered, then asked for again and again
//! while the list is seen. One question for all of them, however many there are.

use std::{collections::BTreeMap, time::Duration};

use leptos::{prelude::*, task::spawn_local};

use super::stream::seen;
use crate::api::usage::{Glance, read_glances};

/// Often enough for a line of five minutes.
const AGAIN: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Glances(RwSignal<BTreeMap<String, Glance>>);

impl Glances {
    pub(crate) fn seed(self, glances: Vec<Glance>) {
        // The list may have been left in the meantime.
        self.0.try_set(glances.into_iter().map(|glance| (glance.vcluster.clone(), glance)).collect());
    }

    pub(crate) fn of(self, vcluster: &str) -> Option<Glance> {
        self.0.with(|glances| glances.get(vcluster).cloned())
    }
}

/// `wanted`: something runs that could use something.
pub(crate) fn provide_glances(wanted: Memo<bool>) -> Glances {
    let glances = Glances(RwSignal::new(BTreeMap::new()));
    let look = move || {
        if seen() && wanted.try_get_untracked() == Some(true) {
            spawn_local(async move {
                // A question without an answer leaves the figures as they are; the next one comes.
                if let Ok(found) = read_glances().await {
                    glances.seed(found);
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
    provide_context(glances);
    glances
}

pub(crate) fn use_glances() -> Glances {
    expect_context()
}
