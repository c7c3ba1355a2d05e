//! Locking a user out, which says what ends, and letting them in again.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use wire::admin::PersonDetail;

use super::PersonActions;
use crate::components::{
    icon::{Glyph, Icon},
    menu::Menu,
};

#[component]
pub(super) fn LockAction(detail: PersonDetail) -> impl IntoView {
    let actions: PersonActions = expect_context();
    let pending = actions.lock.pending();
    let PersonDetail { person, sessions, tokens, .. } = detail;
    let name = person.name;
    if person.locked {
        let (icon, text, class) = if person.pending {
            (Icon::Check, t!("admin-approve"), "button is-primary")
        } else {
            (Icon::Unlock, t!("admin-unlock"), "button")
        };
        return view! {
            <ActionForm action=actions.lock>
                <input type="hidden" name="name" value=name/>
                <input type="hidden" name="locked" value="false"/>
                <button type="submit" class=class disabled=pending><Glyph icon=icon/> {text}</button>
            </ActionForm>
        }
        .into_any();
    }
    view! {
        <Menu
            id="lock"
            label=t!("admin-lock-of", name = name.as_str())
            class="button"
            button=|| view! { <Glyph icon=Icon::Lock/> {t!("admin-lock")} }
        >
            <p class="menu-text">{t!("admin-lock-lost", name = name.as_str(), sessions = sessions, tokens = tokens)}</p>
            <ActionForm action=actions.lock>
                <input type="hidden" name="name" value=name.clone()/>
                <input type="hidden" name="locked" value="true"/>
                <button type="submit" class="button is-danger is-wide" disabled=pending>
                    <Glyph icon=Icon::Lock/>
                    {t!("admin-lock-now", name = name.as_str())}
                </button>
            </ActionForm>
        </Menu>
    }
    .into_any()
}
