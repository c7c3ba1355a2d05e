//! *New vcluster*, and beside it the way without any question.

use leptos::{form::ActionForm, prelude::*};

use super::{
    icon::{Glyph, Icon},
    menu::Menu,
};
use crate::{
    contexts::{actions::use_actions, live::use_live},
    defaults::{left, nodes_and_size, obstacle},
    routes,
    wording::amount::{count, cpus, memory},
};

/// A split button: the dialog with everything chosen, or at once.
#[component]
pub(crate) fn NewVclusterButton() -> impl IntoView {
    view! {
        <div class="split">
            <a class="button is-primary split-first" href=routes::NEW_VCLUSTER>
                <Glyph icon=Icon::Plus/>
                "New vcluster"
            </a>
            <Menu
                id="quick-create"
                label="Other ways to create"
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
            let each = size.resources();
            let mib = u64::try_from(each.memory_mib).unwrap_or_default();
            format!("{}, each {} and {}", count(nodes.into(), "node"), cpus(each.cpus), memory(mib))
        })
    };
    view! {
        <ActionForm action=actions.quick_create>
            <button
                type="submit"
                class="menu-item"
                aria-label="Create at once"
                disabled=move || pending.get() || obstacle.get().is_some()
            >
                <Glyph icon=Icon::Quick/>
                <span>"Create at once"<small>{meaning}</small></span>
            </button>
        </ActionForm>
    }
}
