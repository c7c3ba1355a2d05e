//! One app: what it is, where it listens, how it is, and the way into it.

use catalogue::t;
use domain::{
    app::{AppKind, AppState},
    node::NodeState,
};
use leptos::prelude::*;
use wire::{app::App, vcluster::Vcluster};

use super::menu::AppMenu;
use crate::{
    available_actions::{AvailableAction, available_actions},
    components::{
        action_button::ActionButton,
        icon::{Glyph, Icon},
        rich::Foreign,
        state_mark::Dot,
    },
    contexts::{live::use_live, vcluster_live::use_vcluster_live},
    wording::{problem::of_server, vcluster::Tone},
};

#[component]
pub(super) fn Entry(vcluster: Memo<Vcluster>, initial: App) -> impl IntoView {
    let vcluster_live = use_vcluster_live();
    let app = Memo::new(move |last: Option<&App>| {
        let last = last.unwrap_or(&initial);
        vcluster_live.apps().into_iter().flatten().find(|app| app.id == last.id).unwrap_or_else(|| last.clone())
    });
    let node_runs = Memo::new(move |_| vcluster.with(|vcluster| app.with(|app| runs(vcluster, &app.node))));
    let tone = Signal::derive(move || app.with(|app| tone(app.state)));
    let part = move |of: fn(&App) -> String| {
        let part = Memo::new(move |_| app.with(of));
        move || part.get()
    };
    view! {
        <li class="row is-app">
            <Dot tone=tone/>
            <div class="row-name">
                <p class="app-title">
                    <b>{part(|app| app.title.clone())}</b>
                    <span class="app-pinned" hidden=move || !app.with(|app| app.pinned)><Glyph icon=Icon::Pin/></span>
                </p>
                <p class="sub">{part(about)}</p>
            </div>
            <p class="sub mono">{part(|app| format!("{}:{}", app.node, app.port))}</p>
            <p class="sub app-state">{move || app.with(|app| state(app, node_runs.get()))} " " <Reason app=app/></p>
            <div class="row-actions">
                <WayIn app=app vcluster=vcluster node_runs=node_runs/>
                <AppMenu app=app/>
            </div>
        </li>
    }
}

fn runs(vcluster: &Vcluster, node: &str) -> bool {
    vcluster.nodes.iter().any(|it| it.name == node && it.state == NodeState::Running)
}

const fn tone(state: AppState) -> Tone {
    match state {
        AppState::Ready => Tone::Good,
        AppState::Starting => Tone::Busy,
        AppState::Failed => Tone::Bad,
        AppState::Stopped | AppState::Off => Tone::Quiet,
    }
}

/// What it is: the process, unless that is its title already; then where it is opened.
fn about(app: &App) -> String {
    match (&app.kind, &app.name, &app.process) {
        (AppKind::Jupyter, ..) => t!("tabs-apps-jupyter-text"),
        (AppKind::Port, Some(_), Some(process)) => process.clone(),
        (AppKind::Port, ..) => shown_address(&app.url).to_owned(),
    }
}

/// Without the scheme, and without what only says where the link was followed from.
fn shown_address(url: &str) -> &str {
    let address = url.split_once("://").map_or(url, |(_, address)| address);
    address.split("/.docklet/").next().unwrap_or_default().trim_end_matches('/')
}

fn state(app: &App, node_runs: bool) -> String {
    match app.state {
        AppState::Off => t!("tabs-apps-off"),
        _ if !node_runs => t!("tabs-apps-node-stopped", node = app.node.as_str()),
        AppState::Ready => t!("tabs-apps-ready"),
        AppState::Starting => t!("tabs-apps-starting"),
        AppState::Failed => t!("tabs-apps-failed"),
        AppState::Stopped if app.kind == AppKind::Jupyter => t!("tabs-apps-not-started"),
        AppState::Stopped => t!("tabs-apps-silent"),
    }
}

/// Why it failed, as the node said it.
#[component]
fn Reason(app: Memo<App>) -> impl IntoView {
    let reason = Memo::new(move |_| app.with(|app| app.reason.clone().filter(|_| app.state == AppState::Failed)));
    move || reason.get().map(|reason| view! { <small><Foreign said=of_server(reason)/></small> })
}

/// Open, where its address leads to the server; or, where its vcluster does not run, what starts that.
#[component]
fn WayIn(app: Memo<App>, vcluster: Memo<Vcluster>, node_runs: Memo<bool>) -> impl IntoView {
    let enabled = Memo::new(move |_| app.with(|app| app.enabled));
    let (title, url) = app.with_untracked(|app| (app.title.clone(), app.url.clone()));
    let starts = Memo::new(move |_| {
        let available = vcluster.with(available_actions).first;
        available.into_iter().find(|action| matches!(action, AvailableAction::Start | AvailableAction::Repair))
    });
    let astray = use_live().apps_lead_astray();
    move || match (enabled.get(), node_runs.get(), starts.get()) {
        (true, true, _) if astray => ().into_any(),
        (true, true, _) => view! {
            <a
                class="button is-small"
                href=url.clone()
                target="_blank"
                rel="noopener external"
                aria-label=t!("tabs-apps-open-app", app = title.as_str())
            >
                <Glyph icon=Icon::Open/>
                {t!("tabs-apps-open")}
            </a>
        }
        .into_any(),
        (true, false, Some(action)) => {
            view! { <ActionButton action=action vcluster=vcluster.get_untracked() small=true/> }.into_any()
        }
        _ => ().into_any(),
    }
}
