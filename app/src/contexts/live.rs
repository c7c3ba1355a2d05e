//! The vclusters of this page as signals: seeded from what the server rendered, then kept current by the live feed.
//!
//! Applies what the plain [`Store`] decides. Knows no transport; [`feed`] does.

mod feed;

use std::time::Duration;

use leptos::prelude::*;
use wire::{
    event::Event,
    session::Amount,
    vcluster::{UnreadableVcluster, Vcluster},
};

use super::toasts::{Toasts, use_toasts};
use crate::{
    api::overview::Overview,
    store::{Applied, Store},
    wording::{notice, vcluster::is_busy},
};

/// What happens to jobs within this time counts as one change: each one is a question to the server.
const TOGETHER: Duration = Duration::from_millis(250);

#[derive(Debug, Clone, Copy)]
pub(crate) struct Live {
    store: RwSignal<Store>,
    job_changes: RwSignal<u32>,
    /// One is about to be counted.
    job_change_due: StoredValue<bool>,
    /// The feed is interrupted, and has been for a moment.
    away: RwSignal<bool>,
    seed: StoredValue<u32>,
    base_image: StoredValue<String>,
    apps_astray: bool,
    toasts: Toasts,
}

impl Live {
    /// All of them, newest first.
    pub(crate) fn vclusters(self) -> Vec<Vcluster> {
        self.store.with(|store| store.vclusters().to_vec())
    }

    /// Those that cannot be read.
    pub(crate) fn unreadable(self) -> Vec<UnreadableVcluster> {
        self.store.with(|store| store.unreadable().to_vec())
    }

    pub(crate) fn unreadable_deleted(self, id: &str) {
        self.store.update(|store| store.forget_unreadable(id));
    }

    pub(crate) fn count(self) -> usize {
        self.store.with(|store| store.vclusters().len())
    }

    /// The one of `initial`'s id as it changes; the last known one once it is gone.
    pub(crate) fn follow(self, initial: Vcluster) -> Memo<Vcluster> {
        Memo::new(move |last: Option<&Vcluster>| {
            let last = last.unwrap_or(&initial);
            self.store.with(|store| store.find(&last.id).unwrap_or(last).clone())
        })
    }

    /// Without watching it.
    pub(crate) fn find_now(self, id: &str) -> Option<Vcluster> {
        self.store.with_untracked(|store| store.find(id).cloned())
    }

    pub(crate) fn is_gone(self, id: &str) -> bool {
        self.store.with(|store| store.is_gone(id))
    }

    pub(crate) fn is_named(self, name: &str) -> bool {
        self.store.with(|store| store.vclusters().iter().any(|vcluster| vcluster.name == name))
    }

    pub(crate) fn limits(self) -> Amount {
        self.store.with(Store::limits)
    }

    pub(crate) fn usage(self) -> Amount {
        self.store.with(Store::usage)
    }

    /// The first one that something is being done to.
    pub(crate) fn busy(self) -> Option<Vcluster> {
        self.store.with(|store| store.vclusters().iter().find(|vcluster| is_busy(vcluster)).cloned())
    }

    /// Another number whenever something has happened to the user's jobs, or may have.
    pub(crate) fn job_changes(self) -> u32 {
        self.job_changes.get()
    }

    fn jobs_changed(self) {
        if self.job_change_due.try_update_value(|due| std::mem::replace(due, true)) == Some(false) {
            let count = move || {
                self.job_change_due.try_set_value(false);
                self.job_changes.try_update(|changes| *changes = changes.wrapping_add(1));
            };
            set_timeout(count, TOGETHER);
        }
    }

    /// The feed is interrupted: what is shown may be old.
    pub(crate) fn away(self) -> bool {
        self.away.get()
    }

    /// Chance, for one suggested name: the same until it has been used, however often a page is rendered.
    pub(crate) fn chance(self) -> u32 {
        self.seed.get_value()
    }

    /// What this chance was for is done: the next suggestion is another one.
    pub(crate) fn use_chance_up(self) {
        self.seed.update_value(|seed| *seed = seed.wrapping_add(1));
    }

    /// The node image new vclusters are offered.
    pub(crate) fn base_image(self) -> String {
        self.base_image.get_value()
    }

    /// The addresses of apps lead to this browser's own machine, and not to the server.
    pub(crate) fn apps_lead_astray(self) -> bool {
        self.apps_astray
    }

    /// Takes in the answer to an action of this page.
    pub(crate) fn answered(self, vcluster: &Vcluster) {
        self.store.maybe_update(|store| store.answered(vcluster));
    }

    /// Takes in one event; says whether everything must be read again.
    fn apply(self, event: Event) -> bool {
        let applied = self.store.try_update(|store| store.apply(event));
        applied.is_some_and(|applied| self.tell(applied))
    }

    fn tell(self, applied: Applied) -> bool {
        let notice = match applied {
            Applied::Nothing => None,
            Applied::Job => {
                self.jobs_changed();
                None
            }
            Applied::Changed { before, after } => notice::of_change(before.as_deref(), &after),
            Applied::Gone(vcluster) => Some(notice::of_gone(&vcluster)),
            Applied::ReadAgain => return true,
        };
        if let Some(notice) = notice {
            self.toasts.push(notice);
        }
        false
    }
}

/// Begins with the overview; in the browser, opens the feed where the overview ends.
pub(crate) fn provide_live(overview: &Overview) -> Live {
    let live = Live {
        store: RwSignal::new(Store::new(overview)),
        job_changes: RwSignal::new(0),
        job_change_due: StoredValue::new(false),
        away: RwSignal::new(false),
        seed: StoredValue::new(overview.seed),
        base_image: StoredValue::new(overview.base_image.clone()),
        apps_astray: overview.apps_astray,
        toasts: use_toasts(),
    };
    feed::follow(live, overview.position);
    provide_context(live);
    live
}

pub(crate) fn use_live() -> Live {
    expect_context()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::{
        contexts::{clock::provide_clock, toasts::provide_toasts},
        wording::samples::overview,
    };

    #[test]
    fn the_server_may_end_a_page_on_another_thread_than_it_began_it() {
        let page = Owner::new();
        page.with(|| {
            provide_toasts();
            provide_clock(overview(Vec::new()).now);
            provide_live(&overview(Vec::new()));
        });
        std::thread::spawn(move || drop(page)).join().expect("nothing of the page belongs to one thread");
    }
}
