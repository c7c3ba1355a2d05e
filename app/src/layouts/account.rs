//! Who is signed in, with the theme and the way out.

use catalogue::t;
use domain::user::Role;
use leptos::{prelude::*, server_fn::ServerFn};

use super::signed_in::Me;
use crate::{
    api::session::SignOut,
    components::{
        icon::{Glyph, Icon},
        language_switch::LanguageSwitch,
        menu::Menu,
        theme_switch::ThemeSwitch,
    },
    routes,
};

pub(crate) fn role(role: Role) -> String {
    match role {
        Role::User => t!("chrome-role-user"),
        Role::Admin => t!("chrome-role-admin"),
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
    let (name, label) = (me.name.clone(), t!("chrome-account-of", name = me.name.as_str(), role = role(me.role)));
    let button = move || {
        view! {
            // Drawn by the style sheet: as text it would have to be part of what a screen reader says.
            <span class="avatar" data-initials=initials(&name)></span>
            <span class="account-name">{name.clone()}" "<small>{role(me.role)}</small></span>
            <span class="account-small" aria-hidden="true">{t!("chrome-account")}</span>
        }
    };
    view! {
        <div class="account">
            <Menu id=id label=label class="account-button" button=button>
                <a class="menu-item" href=routes::PROFILE>
                    <Glyph icon=Icon::User/>
                    <span>{t!("profile-menu")}<small>{t!("profile-menu-about")}</small></span>
                </a>
                <a class="menu-item" href=routes::ACTIVITY>
                    <Glyph icon=Icon::Activity/>
                    <span>{t!("activity-title")}<small>{t!("activity-menu-about")}</small></span>
                </a>
                {(me.role == Role::Admin).then(|| view! {
                    <a class="menu-item" href=routes::ADMIN_USERS>
                        <Glyph icon=Icon::Shield/>
                        <span>{t!("admin-title")}<small>{t!("admin-menu-about")}</small></span>
                    </a>
                })}
                <ThemeSwitch/>
                <LanguageSwitch/>
                // A plain form on purpose: a page that is loaded anew keeps nothing of the session.
                <form method="post" action=SignOut::url()>
                    <button type="submit" class="menu-item">
                        <Glyph icon=Icon::SignOut/>
                        <span>{t!("chrome-sign-out")}<small>{t!("chrome-signed-in-as", name = me.name.as_str())}</small></span>
                    </button>
                </form>
            </Menu>
        </div>
    }
}
