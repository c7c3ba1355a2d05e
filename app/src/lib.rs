//! The console: what people see and press. Rendered on the server (`ssr`), taken over in the browser (`hydrate`).
//!
//! Knows wire types and, under `ssr`, control's use-cases through `api`; never Docker, SQL or etcd.
//! Pages have URLs ([`routes`]), components are props in and view out, contexts are what a whole page shares.
#![recursion_limit = "256"]
#![expect(unreachable_pub, reason = "leptos' component macro writes its inner functions pub, whatever the visibility")]

pub mod api;
mod available_actions;
mod chart;
mod components;
mod contexts;
mod defaults;
mod forms;
mod hydration;
mod layouts;
mod output;
mod pages;
mod palette;
#[cfg(feature = "ssr")]
pub mod request_context;
pub mod routes;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
pub mod sign_in_pages;
mod store;
mod usage;
mod wording;
mod zone;

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::Router;

pub use catalogue::Language;

pub use contexts::{theme::COOKIE as THEME_COOKIE, zone::COOKIE as ZONE_COOKIE};

#[cfg(feature = "ssr")]
pub use shell::{problem_page, shell};

use crate::{
    contexts::{theme::provide_theme, zone::provide_zone},
    routes::Pages,
};

/// The whole console. Runs once at the server's start to list its routes, then once per request: it must not ask for
/// anything of a request.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    speak_as_rendered();
    provide_theme();
    provide_zone();
    view! {
        <Router>
            <Pages/>
        </Router>
    }
}

/// In the browser, the language is the one the server has written. On the server each request has its own.
fn speak_as_rendered() {
    #[cfg(not(feature = "ssr"))]
    {
        let tag = document().document_element().and_then(|root| root.get_attribute("lang")).unwrap_or_default();
        catalogue::speak(catalogue::Language::parse(&tag).unwrap_or(catalogue::Language::English));
    }
}

/// The class of links to what may be wanted next.
const AHEAD: &str = "ahead";

/// Says on `<html>` that the page answers to clicks now; end-to-end tests wait for it. From now on there is time for what may
/// be wanted next.
pub fn mark_hydrated() {
    let links = document().get_elements_by_class_name(AHEAD);
    while let Some(link) = links.item(0) {
        // Both names are constants, which is the only thing this can fail for.
        let _ = link.set_attribute("rel", "prefetch");
        // It is one of `links` no longer.
        let _ = link.remove_attribute("class");
    }
    if let Some(root) = document().document_element() {
        // The attribute's name is a constant, which is the only thing this can fail for.
        let _ = root.set_attribute("data-hydrated", "");
    }
    if let Ok(Some(storage)) = window().session_storage() {
        // What shell/load-again.js counts; where nothing can be stored, nothing is.
        let _ = storage.remove_item("docklet-loads");
    }
}
