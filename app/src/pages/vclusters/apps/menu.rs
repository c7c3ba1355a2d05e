//! What else can be done with an app: its link, its name, whether it is pinned and on.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use wire::app::App;

use super::use_app_actions;
use crate::{
    components::{
        icon::{Glyph, Icon},
        menu::Menu,
    },
    contexts::toasts::{Toasts, use_toasts},
    wording::{notice::Notice, vcluster::Tone},
};

#[component]
pub(super) fn AppMenu(app: Memo<App>) -> impl IntoView {
    let toasts = use_toasts();
    let id = app.with_untracked(|app| app.id.clone());
    let pinned = Memo::new(move |_| app.with(|app| app.pinned));
    let enabled = Memo::new(move |_| app.with(|app| app.enabled));
    view! {
        <Menu
            id=format!("app-{id}")
            label=Signal::derive(move || app.with(|app| t!("tabs-apps-more", app = app.title.as_str())))
            class="button is-ghost is-small is-square"
            button=|| view! { <Glyph icon=Icon::More/> }
        >
            <button type="button" class="menu-item needs-script" on:click=move |_| copy(&app.get_untracked(), toasts)>
                <Glyph icon=Icon::Copy/>
                <span>{t!("tabs-apps-copy")}</span>
            </button>
            {move || {
                let (icon, label, meaning) = if pinned.get() {
                    (Icon::Unpin, t!("tabs-apps-unpin"), t!("tabs-apps-unpin-meaning"))
                } else {
                    (Icon::Pin, t!("tabs-apps-pin"), t!("tabs-apps-pin-meaning"))
                };
                view! { <Switch app=app field="pinned" to=!pinned.get() icon=icon label=label meaning=meaning/> }
            }}
            {move || {
                let (label, meaning) = if enabled.get() {
                    (t!("tabs-apps-off-action"), t!("tabs-apps-off-meaning"))
                } else {
                    (t!("tabs-apps-on-action"), t!("tabs-apps-on-meaning"))
                };
                view! { <Switch app=app field="enabled" to=!enabled.get() icon=Icon::Power label=label meaning=meaning/> }
            }}
            <Rename app=app/>
        </Menu>
    }
}

/// The fields every form about an app begins with.
#[component]
fn Which(app: Memo<App>) -> impl IntoView {
    let (vcluster, id) = app.with_untracked(|app| (app.vcluster.clone(), app.id.clone()));
    view! {
        <input type="hidden" name="id" value=vcluster/>
        <input type="hidden" name="app" value=id/>
    }
}

#[component]
fn Switch(app: Memo<App>, field: &'static str, to: bool, icon: Icon, label: String, meaning: String) -> impl IntoView {
    let actions = use_app_actions();
    let id = app.with_untracked(|app| app.id.clone());
    let changing = Memo::new(move |_| actions.is_changing(&id));
    view! {
        <ActionForm action=actions.change>
            <Which app=app/>
            <input type="hidden" name=field value=to.to_string()/>
            <button
                type="submit"
                class="menu-item"
                disabled=changing
                aria-busy=move || changing.get().then_some("true")
            >
                <Glyph icon=icon/>
                <span>{label}<small>{meaning}</small></span>
            </button>
        </ActionForm>
    }
}

#[component]
fn Rename(app: Memo<App>) -> impl IntoView {
    let actions = use_app_actions();
    let (id, name) = app.with_untracked(|app| (app.id.clone(), app.name.clone().unwrap_or_default()));
    let label = move || app.with(|app| t!("tabs-apps-rename", app = app.title.as_str()));
    view! {
        <ActionForm action=actions.change attr:class="menu-form">
            <Which app=app/>
            <input type="hidden" name="rename" value="true"/>
            <label class="sub" for=format!("name-{id}")>{t!("tabs-apps-rename-short")}</label>
            <div class="field-line">
                <input
                    id=format!("name-{id}")
                    name="name"
                    class="input is-small"
                    value=name
                    maxlength="40"
                    autocomplete="off"
                    aria-label=label
                />
                <button type="submit" class="button is-small">{t!("tabs-apps-save")}</button>
            </div>
        </ActionForm>
    }
}

/// Says whether it worked: a clipboard shows nothing by itself.
fn copy(app: &App, toasts: Toasts) {
    let (title, link) = (app.title.clone(), app.url.clone());
    leptos::task::spawn_local(async move {
        let copied = match clipboard() {
            Some(clipboard) => JsFuture::from(clipboard.write_text(&link)).await.is_ok(),
            None => false,
        };
        toasts.push(if copied {
            Notice { tone: Tone::Good, text: t!("tabs-apps-copied", app = title) }
        } else {
            Notice { tone: Tone::Warning, text: t!("tabs-apps-not-copied", link = link) }
        });
    });
}

/// Over plain http browsers have none.
fn clipboard() -> Option<web_sys::Clipboard> {
    let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into()).ok()?;
    clipboard.dyn_into().ok()
}
