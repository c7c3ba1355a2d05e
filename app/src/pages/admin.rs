//! What administrators see: people, images, the installation's health, its configuration. To other users the server
//! answers that there is no such place, and so do these pages.

pub(crate) mod config;
mod disks;
pub(crate) mod health;
pub(crate) mod images;
pub(crate) mod new_user;
pub(crate) mod people;
pub(crate) mod person;

use catalogue::t;
use leptos::prelude::*;

use crate::{
    components::tabs::{Tab, Tabs},
    routes,
};

/// The head every page of the administration has.
#[component]
pub(super) fn AdminHead(#[prop(optional, into)] action: Option<ViewFnOnce>) -> impl IntoView {
    let tab = |address: &str, text: String| Tab { address: address.to_owned(), text, count: None };
    let tabs = vec![
        tab(routes::ADMIN_USERS, t!("admin-users")),
        tab(routes::ADMIN_IMAGES, t!("admin-images")),
        tab(routes::ADMIN_HEALTH, t!("admin-health")),
        tab(routes::ADMIN_CONFIG, t!("admin-config")),
    ];
    view! {
        <header class="page-head">
            <div>
                <h1>{t!("admin-title")}</h1>
                <p class="sub is-wide-only">{t!("admin-about")}</p>
            </div>
            {action.map(ViewFnOnce::run)}
        </header>
        <Tabs label=t!("admin-title") tabs=tabs/>
    }
}
