//! Who is signed in, with the theme and the way out.

use domain::user::Role;
use leptos::{prelude::*, server_fn::ServerFn};

use super::signed_in::Me;
use crate::{
    api::session::SignOut,
    components::{
        icon::{Glyph, Icon},
        menu::Menu,
        theme_switch::ThemeSwitch,
    },
};

const fn role(role: Role) -> &'static str {
    match role {
        Role::User => "User",
        Role::Admin => "Administrator",
    }
}

fn initials(name: &str) -> String {
    name.chars().take(2).collect::<String>().to_uppercase()
}

#[component]
pub(crate) fn AccountMenu(
    /// Unique in the page.
    id: &'static str,
) -> impl IntoView {
    let me: Me = expect_context();
    let (name, label) = (me.name.clone(), format!("Account: {} {}", me.name, role(me.role)));
    let button = move || {
        view! {
            // Drawn by the style sheet: as text it would have to be part of what a screen reader says.
            <span class="avatar" data-initials=initials(&name)></span>
            <span class="account-name">{name.clone()}" "<small>{role(me.role)}</small></span>
            <span class="account-small" aria-hidden="true">"Account"</span>
        }
    };
    view! {
        <div class="account">
            <Menu id=id label=label class="account-button" button=button>
                <ThemeSwitch/>
                // A plain form on purpose: a page that is loaded anew keeps nothing of the session.
                <form method="post" action=SignOut::url()>
                    <button type="submit" class="menu-item">
                        <Glyph icon=Icon::SignOut/>
                        <span>"Sign out"<small>{format!("Signed in as {}", me.name)}</small></span>
                    </button>
                </form>
            </Menu>
        </div>
    }
}
