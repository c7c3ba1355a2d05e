//! Why something is not as it should be.

use domain::vcluster::VclusterState;
use leptos::prelude::*;
use wire::vcluster::Vcluster;

use crate::{
    components::icon::{Glyph, Icon},
    wording::vcluster::{state, tone},
};

/// The reason of a vcluster that is broken; nothing for one that is not.
#[component]
pub(super) fn Trouble(vcluster: Memo<Vcluster>) -> impl IntoView {
    let reason = Memo::new(move |_| {
        vcluster.with(|vcluster| {
            let broken = matches!(vcluster.state, VclusterState::Degraded | VclusterState::Failed);
            broken.then(|| vcluster.reason.clone().unwrap_or_else(|| "No reason was given.".into()))
        })
    });
    let class = move || format!("note {}", vcluster.with(|vcluster| tone(vcluster.state).class()));
    let note = move || {
        reason.get().map(|reason| {
            view! {
                <div class=class>
                    <Glyph icon=Icon::Warning/>
                    <p>{reason}</p>
                </div>
            }
        })
    };
    view! {
        <div class="trouble" role="status">
            {note}
            <p class="visually-hidden">{move || vcluster.with(state)}</p>
        </div>
    }
}
