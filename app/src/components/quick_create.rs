//! *New vcluster*, and beside it the way without any question.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};

use super::{
    icon::{Glyph, Icon},
    menu::Menu,
};
use crate::{
    contexts::{actions::use_actions, live::use_live},
    defaults::{left, nodes_and_size, obstacle},
    routes,
    wording::vcluster::nodes_each,
};

/// A split button: the dialog with everything chosen, or at once.
#[component]
pub(crate) fn NewVclusterButton() -> impl IntoView {
    view! {
        <div class="split">
            <a class="button is-primary split-first" href=routes::NEW_VCLUSTER>
                <Glyph icon=Icon::Plus/>
                {t!("vclusters-new")}
            </a>
            <Menu
                id="quick-create"
                label=t!("vclusters-other-ways")
                class="button is-primary is-square split-last"
                button=|| view! { <Glyph icon=Icon::Chevron/> }
            >
                <QuickCreateItem/>
            </Menu>
        </div>
    }
}

#[component]
fn QuickCreateItem() -> impl IntoView {
    let (actions, live) = (use_actions(), use_live());
    let pending = actions.quick_create.pending();
    let obstacle = Memo::new(move |_| obstacle(live.limits(), live.usage()));
    let meaning = move || {
        obstacle.get().unwrap_or_else(|| {
            let (nodes, size) = nodes_and_size(left(live.limits(), live.usage()));
            nodes_each(nodes.into(), size.resources())
        })
    };
    view! {
        <ActionForm action=actions.quick_create>
            <button
                type="submit"
                class="menu-item"
                aria-label=t!("vclusters-at-once")
                disabled=move || pending.get() || obstacle.get().is_some()
            >
                <Glyph icon=Icon::Quick/>
                <span>{t!("vclusters-at-once")}<small>{meaning}</small></span>
            </button>
        </ActionForm>
    }
}
