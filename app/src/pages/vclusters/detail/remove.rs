//! Removing one node: says what is lost before it happens.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};

use super::actions::use_page_actions;
use crate::components::{
    icon::{Glyph, Icon},
    menu::Menu,
};

#[component]
pub(super) fn RemoveNodeMenu(id: String, name: String, disabled: Signal<bool>) -> impl IntoView {
    let actions = use_page_actions();
    let removing = {
        let (id, name) = (id.clone(), name.clone());
        Memo::new(move |_| actions.is_removing(&id, &name))
    };
    let lost = {
        let name = name.clone();
        move || match disabled.get() {
            true => t!("vcluster-remove-last"),
            false => t!("vcluster-remove-lost", node = name.as_str()),
        }
    };
    view! {
        <Menu
            id=format!("remove-{name}")
            label=t!("vcluster-remove", node = name.as_str())
            class="button is-ghost is-small is-square"
            button=|| view! { <Glyph icon=Icon::Delete/> }
        >
            <p class="menu-text">{lost}</p>
            <ActionForm action=actions.remove_node>
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="node" value=name.clone()/>
                <button type="submit" class="button is-danger is-wide" disabled=move || disabled.get() || removing.get()>
                    <Glyph icon=Icon::Delete/>
                    {t!("vcluster-remove-now", node = name.as_str())}
                </button>
            </ActionForm>
        </Menu>
    }
}
