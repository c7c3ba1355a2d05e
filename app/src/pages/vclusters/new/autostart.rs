//! Whether the vcluster runs again by itself when its host has been restarted.

use catalogue::t;
use leptos::prelude::*;

use super::form::Chosen;
use crate::pages::vclusters::order::TICKED;

#[component]
pub(super) fn AutostartChoice(chosen: Chosen) -> impl IntoView {
    let ticked = chosen.autostart.get_untracked() == TICKED;
    let choose = move |ticked: bool| chosen.autostart.set(if ticked { TICKED.to_owned() } else { String::new() });
    view! {
        <label class="check">
            <input
                type="checkbox"
                name="order[autostart]"
                value=TICKED
                checked=ticked
                on:change:target=move |event| choose(event.target().checked())
            />
            {t!("new-autostart")}
        </label>
    }
}
