//! The apps of a vcluster: JupyterLab and every other port that listens, opened, named, pinned, switched off, published.

mod entry;
mod menu;

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use wire::{app::App, vcluster::Vcluster};

use self::entry::Entry;
use super::seeded;
use crate::{
    api::apps::{ChangeApp, PublishApp, jupyter_address, read_apps},
    components::{
        apps_astray::AppsAstray,
        field::TextField,
        icon::{Glyph, Icon},
        problem_note::ProblemNote,
        rich::Rich,
        skeleton::RowsSkeleton,
        tab_title::TabTitle,
    },
    contexts::{
        actions::{take_in, use_actions},
        live::use_live,
        vcluster_live::{VclusterLive, use_vcluster_live},
    },
    forms::{fault_of, refusal},
    pages::problem::ProblemText,
    wording::problem::ours,
};

/// Faults of these stand beside the fields of what publishes a port.
const FIELDS: &[&str] = &["port", "name"];

#[component]
pub(crate) fn AppsTab() -> impl IntoView {
    let vcluster: Memo<Vcluster> = expect_context();
    let vcluster_live = use_vcluster_live();
    provide_app_actions(vcluster_live);
    let (id, name) = vcluster.with_untracked(|vcluster| (vcluster.id.clone(), vcluster.name.clone()));
    let title = t!("tabs-title", tab = t!("tabs-apps"), name = name);
    let body = move || {
        view! {
            <p class="tab-intro sub">{t!("tabs-apps-intro")}</p>
            <AppsAstray/>
            <List vcluster=vcluster/>
            <Publish vcluster=vcluster/>
        }
        .into_any()
    };
    view! {
        <TabTitle title=title/>
        {seeded(move || read_apps(id.clone()), move |apps: Vec<App>| vcluster_live.seed_apps(apps), body)}
    }
    .into_any()
}

#[component]
fn List(vcluster: Memo<Vcluster>) -> impl IntoView {
    let vcluster_live = use_vcluster_live();
    let known = Memo::new(move |_| vcluster_live.apps().is_some());
    let none = Memo::new(move |_| vcluster_live.apps().is_some_and(|apps| apps.len() < 2));
    let name = vcluster.with_untracked(|vcluster| vcluster.name.clone());
    move || {
        if !known.get() {
            return view! { <RowsSkeleton/> }.into_any();
        }
        view! {
            <ul class="rows card" aria-label=t!("tabs-apps-list", name = name.as_str())>
                <For
                    each=move || vcluster_live.apps().unwrap_or_default()
                    key=|app| app.id.clone()
                    children=move |app| view! { <Entry vcluster=vcluster initial=app/> }
                />
                <li class="row is-hint" hidden=move || !none.get()>
                    <div>
                        <b>{t!("tabs-apps-none")}</b>
                        <p class="sub">
                            <Rich text=t!("tabs-apps-none-text") mark=|_, text| view! { <code>{text}</code> }.into_any()/>
                        </p>
                    </div>
                </li>
            </ul>
        }
        .into_any()
    }
}

/// Giving a port its address before anything listens there.
#[component]
fn Publish(vcluster: Memo<Vcluster>) -> impl IntoView {
    let actions = use_app_actions();
    let problem = refusal(actions.publish);
    // That it is no number is said in the page's language, what else is wrong with it in the server's: it stays unmarked.
    let port_fault = Signal::derive(move || problem.with(|problem| problem.as_ref()?.about("port").map(ours)));
    let id = vcluster.with_untracked(|vcluster| vcluster.id.clone());
    let pending = actions.publish.pending();
    let nodes = Memo::new(move |_| {
        vcluster.with(|vcluster| vcluster.nodes.iter().map(|node| node.name.clone()).collect::<Vec<_>>())
    });
    view! {
        <details class="card disclosure" open=problem.get_untracked().is_some()>
            <summary><Glyph icon=Icon::Publish/> {t!("tabs-apps-publish")} <Glyph icon=Icon::Chevron/></summary>
            <ActionForm action=actions.publish attr:class="publish-form">
                <p class="sub">{t!("tabs-apps-publish-text")}</p>
                <ProblemNote problem=problem besides=FIELDS/>
                <input type="hidden" name="id" value=id/>
                <div class="publish-fields">
                    <div class="field">
                        <label for="publish-node">{t!("tabs-apps-publish-node")}</label>
                        <select id="publish-node" name="node" class="input">
                            <For each=move || nodes.get() key=String::clone children=|name| {
                                view! { <option value=name.clone()>{name.clone()}</option> }
                            }/>
                        </select>
                    </div>
                    <TextField
                        id="publish-port" name="port" label=t!("tabs-apps-publish-port") value="" inputmode="numeric" longest=40
                        fault=port_fault
                    />
                    <TextField
                        id="publish-name" name="name" label=t!("tabs-apps-publish-name") value="" optional=true longest=40
                        fault=fault_of(problem, "name")
                    />
                    <button type="submit" class="button is-primary" disabled=pending>
                        {move || if pending.get() { t!("tabs-apps-publishing") } else { t!("tabs-apps-publish-submit") }}
                    </button>
                </div>
            </ActionForm>
        </details>
    }
}

/// What can be pressed in the list of apps: answers go into the list at once, refusals on top of the page.
#[derive(Clone, Copy)]
struct AppActions {
    change: ServerAction<ChangeApp>,
    publish: ServerAction<PublishApp>,
}

impl AppActions {
    /// Something about this app has been pressed and not been answered.
    fn is_changing(self, app: &str) -> bool {
        self.change.input().with(|input| input.as_ref().is_some_and(|change| change.app == app))
    }
}

fn provide_app_actions(vcluster_live: VclusterLive) {
    let actions = AppActions { change: ServerAction::new(), publish: ServerAction::new() };
    take_in(actions.change, Some(use_actions().problem), move |app| vcluster_live.answered(app));
    take_in(actions.publish, None, move |app| vcluster_live.answered(app));
    provide_context(actions);
}

fn use_app_actions() -> AppActions {
    expect_context()
}

/// The way to a vcluster's JupyterLab without knowing its address: the server leads on, or says why it cannot. Its links load
/// it from the server.
#[component]
pub(crate) fn JupyterPage() -> impl IntoView {
    let vcluster: Memo<Vcluster> = expect_context();
    if use_live().apps_lead_astray() {
        return view! { <AppsAstray/> }.into_any();
    }
    let id = vcluster.with_untracked(|vcluster| vcluster.id.clone());
    let address = Resource::new_blocking(move || id.clone(), jupyter_address);
    view! {
        <Suspense fallback=RowsSkeleton>
            {move || Suspend::new(async move {
                match address.await {
                    Ok(address) => {
                        go(&address);
                        ().into_any()
                    }
                    Err(refused) => view! { <ProblemText problem=refused.into()/> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}

/// On the server, an answer that leads on; in a page that came here by itself, the same by its own hand.
fn go(address: &str) {
    #[cfg(feature = "ssr")]
    leptos_axum::redirect(address);
    #[cfg(not(feature = "ssr"))]
    {
        // The address is the server's own.
        let _ = location().replace(address);
    }
}
