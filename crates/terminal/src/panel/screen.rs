//! The place of one terminal's screen. xterm.js is put into it when the tab is looked at for the first time: a panel with
//! ten tabs has one screen and one connection until the others are visited.

use catalogue::t;
use leptos::{html, prelude::*};

use super::state::{Panel, Tab};
use crate::runtime;

#[component]
pub(crate) fn Screen(panel: Panel, tab: Tab) -> impl IntoView {
    let serial = tab.serial;
    let host = NodeRef::<html::Div>::new();
    let away = move || panel.active.get() != Some(serial);
    let shown = tab.clone();
    Effect::new(move |visited: Option<bool>| {
        if visited.unwrap_or(false) {
            return true;
        }
        match host.get().filter(|_| !away()) {
            Some(host) => {
                runtime::show(panel, &shown, &host);
                true
            }
            None => false,
        }
    });
    on_cleanup(move || runtime::forget(serial));
    view! {
        <div class="terminal__screen" role="tabpanel" id=tab.panel_id() aria-labelledby=tab.tab_id() hidden=away
            aria-description=t!("terminal-leave-hint")>
            <div class="terminal__scroller">
                <div class="terminal__host" node_ref=host></div>
            </div>
        </div>
    }
}
