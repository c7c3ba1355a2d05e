//! What goes on inside of one vcluster while its page is looked at: what its nodes use, and its apps. Begun with what the
//! server rendered, kept current by one stream, which a hidden page gives back.

use std::time::Duration;

use domain::app::AppKind;
use leptos::prelude::*;
use wire::{
    app::App,
    usage::{NodeUsage, Sample},
};

use super::stream::{Listener, Stream, seen};
use crate::usage::{Measure, Usage, Window};

/// Every SSE event name there is.
const APPS: &str = "apps";
const SAMPLES: &str = "samples";
/// Between tries after the server refused.
const RETRY: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy)]
pub(crate) struct VclusterLive {
    usage: RwSignal<Usage>,
    /// `None`: not known yet.
    apps: RwSignal<Option<Vec<App>>>,
}

impl VclusterLive {
    pub(crate) fn seed_usage(self, nodes: &[NodeUsage]) {
        self.usage.update(|usage| usage.take_in(nodes));
    }

    pub(crate) fn seed_apps(self, apps: Vec<App>) {
        self.apps.set(Some(apps));
    }

    /// What a node uses now.
    pub(crate) fn now(self, node: &str) -> Option<Sample> {
        self.usage.with(|usage| usage.now(node).copied())
    }

    pub(crate) fn of_node(self, node: &str, measure: Measure, window: Window) -> Vec<Option<f64>> {
        self.usage.with(|usage| usage.of_node(node, measure, window))
    }

    pub(crate) fn of_all(self, measure: Measure, window: Window) -> Vec<Option<f64>> {
        self.usage.with(|usage| usage.of_all(measure, window))
    }

    /// All of them, as the server sorts them; `None` while they are not known.
    pub(crate) fn apps(self) -> Option<Vec<App>> {
        self.apps.get()
    }

    /// How many can be opened now.
    pub(crate) fn open_apps(self) -> Option<usize> {
        self.apps.with(|apps| Some(apps.as_ref()?.iter().filter(|app| app.listening && app.enabled).count()))
    }

    /// Takes in the answer to an action of this page at once. The stream says the same, a moment later or earlier: so an app
    /// that the server does not list any more must not come back by its own farewell.
    pub(crate) fn answered(self, app: &App) {
        let listed = app.listening || app.pinned || app.name.is_some() || app.kind == AppKind::Jupyter;
        self.apps.update(|apps| {
            let apps = apps.get_or_insert_default();
            if !listed {
                return apps.retain(|known| known.id != app.id);
            }
            match apps.iter_mut().find(|known| known.id == app.id) {
                Some(known) => *known = app.clone(),
                None => apps.push(app.clone()),
            }
        });
    }

    fn heard(self, name: &str, data: &str) {
        // What this page cannot read comes from a newer server; the next page load brings the newer console.
        match name {
            APPS => {
                if let Ok(apps) = serde_json::from_str(data) {
                    self.apps.try_set(Some(apps));
                }
            }
            _ => {
                if let Ok(nodes) = serde_json::from_str::<Vec<NodeUsage>>(data) {
                    self.usage.try_update(|usage| usage.take_in(&nodes));
                }
            }
        }
    }
}

/// For the page of this vcluster. The stream is open as long as the page lives and is seen.
pub(crate) fn provide_vcluster_live(vcluster: &str) -> VclusterLive {
    let vcluster_live = VclusterLive { usage: RwSignal::new(Usage::default()), apps: RwSignal::new(None) };
    let address = format!("/api/v1/vclusters/{vcluster}/live");
    // Effects run only in the browser, and what belongs to one thread must not be made where another one may drop it.
    Effect::new(move |_| Line::begin(vcluster_live, address.clone()));
    provide_context(vcluster_live);
    vcluster_live
}

pub(crate) fn use_vcluster_live() -> VclusterLive {
    expect_context()
}

/// The stream of one page.
#[derive(Clone, Copy)]
struct Line {
    vcluster_live: VclusterLive,
    address: StoredValue<String>,
    stream: StoredValue<Option<Stream>, LocalStorage>,
}

impl Line {
    fn begin(vcluster_live: VclusterLive, address: String) {
        let line = Self { vcluster_live, address: StoredValue::new(address), stream: StoredValue::new_local(None) };
        line.keep_up();
        let listener = window_event_listener_untyped("visibilitychange", move |_| line.keep_up());
        on_cleanup(move || {
            listener.remove();
            line.stream.try_update_value(Option::take);
        });
    }

    fn keep_up(self) {
        let open = self.stream.try_with_value(Option::is_some).unwrap_or(true);
        match (seen(), open) {
            (true, false) => self.open(),
            (false, true) => {
                self.stream.try_update_value(Option::take);
            }
            _ => {}
        }
    }

    fn open(self) {
        let Some(address) = self.address.try_get_value() else { return };
        let listener = Listener {
            heard: move |name: String, data: String| self.vcluster_live.heard(&name, &data),
            opened: || (),
            failed: move || self.failed(),
        };
        let stream = Stream::open(&address, &[APPS, SAMPLES], listener);
        self.stream.try_update_value(|held| *held = stream);
    }

    /// The browser tries again by itself where the network failed; where the server refused, we do.
    fn failed(self) {
        let gave_up = |held: &Option<Stream>| held.as_ref().is_some_and(Stream::gave_up);
        if self.stream.try_with_value(gave_up) == Some(true) {
            set_timeout(move || self.again(), RETRY);
        }
    }

    fn again(self) {
        self.stream.try_update_value(Option::take);
        self.keep_up();
    }
}
