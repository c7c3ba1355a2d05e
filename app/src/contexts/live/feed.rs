//! The live feed: one EventSource per page, opened behind the last event the page knows.
//!
//! The browser reconnects by itself while it can. When it gives up, or events were missed, everything is read again.
//! A page that is not seen gives its connection back once nothing is going on: browsers allow few per site.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;
use wire::event::Event;

use super::{
    super::stream::{Listener, Stream, seen},
    Live,
};
use crate::{api::overview::read_overview, routes};

/// Every SSE event name there is.
const NAMES: [&str; 4] = ["vcluster", "vcluster_gone", "job", "resync"];
/// How long a hidden page keeps its connection.
const HIDDEN: Duration = Duration::from_secs(30);
/// An interruption that ends sooner is not worth a word.
const UNNOTICED: Duration = Duration::from_millis(1500);
const RETRY_LEAST: Duration = Duration::from_millis(500);
const RETRY_MOST: Duration = Duration::from_secs(5);

#[derive(Clone, Copy)]
struct Feed {
    live: Live,
    connection: StoredValue<Option<Stream>, LocalStorage>,
    broken: StoredValue<bool>,
    /// Failed tries since it last worked.
    tries: StoredValue<u32>,
    /// The page is seen, or something is going on.
    wanted: Memo<bool>,
    sign_in: StoredValue<Box<dyn Fn()>, LocalStorage>,
}

/// Follows the feed from behind `position` as long as the page lives. Does nothing on the server: effects run only in the
/// browser, and what belongs to one thread must not be made where another one may drop it.
pub(super) fn follow(live: Live, position: i64) {
    Effect::new(move |_| Feed::begin(live, position));
}

impl Feed {
    fn begin(live: Live, position: i64) {
        let navigate = use_navigate();
        let visible = RwSignal::new(true);
        let feed = Self {
            live,
            connection: StoredValue::new_local(None),
            broken: StoredValue::new(false),
            tries: StoredValue::new(0),
            wanted: Memo::new(move |_| visible.get() || live.busy().is_some()),
            sign_in: StoredValue::new_local(Box::new(move || {
                let here = window().location().pathname().unwrap_or_default();
                navigate(&routes::sign_in_then(&here), Default::default());
            })),
        };
        feed.open(position);
        Effect::new(move |_| feed.keep_up());
        let listener = window_event_listener_untyped("visibilitychange", move |_| visible.set(seen()));
        on_cleanup(move || {
            listener.remove();
            feed.connection.try_update_value(Option::take);
        });
    }

    /// Open while it is wanted; closed some time after it is not wanted any more.
    fn keep_up(self) {
        match (self.wanted.get(), self.is_open()) {
            (true, false) => self.read_again(true),
            (true, true) => {}
            (false, _) => set_timeout(move || self.close_if_unwanted(), HIDDEN),
        }
    }

    fn is_open(self) -> bool {
        self.connection.try_with_value(Option::is_some).unwrap_or(false)
    }

    fn close_if_unwanted(self) {
        if self.wanted.try_get_untracked() == Some(false) {
            self.connection.try_update_value(Option::take);
        }
    }

    fn open(self, after: i64) {
        let listener = Listener {
            heard: move |_, data: String| self.received(&data),
            opened: move || {
                self.tries.try_set_value(0);
                self.broken.try_set_value(false);
                self.live.away.try_set(false);
            },
            failed: move || self.failed(),
        };
        let stream = Stream::open(&format!("/api/v1/events?after={after}"), &NAMES, listener);
        if stream.is_none() {
            return self.retry();
        }
        self.connection.try_update_value(|held| *held = stream);
    }

    fn received(self, data: &str) {
        // An event this page does not know comes from a newer server: the lists say what it means.
        let event = serde_json::from_slice(data.as_bytes()).unwrap_or(Event::Resync);
        if self.live.apply(event) {
            self.read_again(false);
        }
    }

    /// The browser says only that something failed. While it tries again by itself there is nothing to do but to say so.
    fn failed(self) {
        self.broken.try_set_value(true);
        set_timeout(move || self.say_away(), UNNOTICED);
        let gave_up = |held: &Option<Stream>| held.as_ref().is_some_and(Stream::gave_up);
        if self.connection.try_with_value(gave_up) == Some(true) {
            self.retry();
        }
    }

    fn say_away(self) {
        if self.broken.try_get_value() == Some(true) {
            self.live.away.try_set(true);
        }
    }

    fn retry(self) {
        let tries = self.tries.try_get_value().unwrap_or_default();
        self.tries.try_set_value(tries.saturating_add(1));
        let wait = RETRY_LEAST.saturating_mul(1 << tries.min(8)).min(RETRY_MOST);
        set_timeout(move || self.read_again(true), wait);
    }

    /// Reads everything again; with `reopen`, on a new connection behind what was read.
    fn read_again(self, reopen: bool) {
        let Some(()) = self.live.store.try_update_untracked(crate::store::Store::hold) else { return };
        spawn_local(async move {
            let applied = match read_overview().await {
                Ok(overview) => {
                    if reopen {
                        self.open(overview.position);
                    }
                    self.live.jobs_changed();
                    self.live.store.try_update(|store| store.read_again(&overview))
                }
                Err(refused) if refused.needs_sign_in() => {
                    // The page may have been left by then.
                    self.sign_in.try_with_value(|sign_in| sign_in());
                    return;
                }
                Err(_) => {
                    self.broken.try_set_value(true);
                    self.say_away();
                    self.retry();
                    self.live.store.try_update(crate::store::Store::release)
                }
            };
            for applied in applied.unwrap_or_default() {
                if self.live.tell(applied) {
                    self.read_again(false);
                }
            }
        });
    }
}
