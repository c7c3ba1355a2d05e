//! Why something is not as it should be.

use catalogue::t;
use domain::vcluster::VclusterState;
use leptos::prelude::*;
use wire::vcluster::Vcluster;

use crate::{
    components::{
        icon::{Glyph, Icon},
        rich::Foreign,
    },
    wording::{
        problem::{Said, of_server},
        vcluster::{state, tone},
    },
};

fn no_reason() -> Said {
    Said { text: t!("problem-no-reason"), foreign: false }
}

/// The reason of a vcluster that is broken; nothing for one that is not.
#[component]
pub(super) fn Trouble(vcluster: Memo<Vcluster>) -> impl IntoView {
    let reason = Memo::new(move |_| {
        vcluster.with(|vcluster| {
            let broken = matches!(vcluster.state, VclusterState::Degraded | VclusterState::Failed);
            broken.then(|| vcluster.reason.clone().map_or_else(no_reason, of_server))
        })
    });
    let class = move || format!("note {}", vcluster.with(|vcluster| tone(vcluster.state).class()));
    let note = move || {
        reason.get().map(|reason| {
            view! {
                <div class=class>
                    <Glyph icon=Icon::Warning/>
                    <p><Foreign said=reason/></p>
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
