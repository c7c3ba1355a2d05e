//! What was done with a vcluster, or with all of them: who, what, when, how long, and why it failed; and what was opened, from
//! where and by what. A page at a time, newest first.

use std::collections::BTreeSet;

use catalogue::t;
use domain::{
    node::OutOfMemory,
    operation::{OperationKind, OperationState},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use wire::{activity::Activity, page::Page, vcluster::Vcluster};

use crate::{
    api::{
        Refused,
        activity::{read_activity, read_all_activity},
    },
    components::{rich::Foreign, skeleton::RowsSkeleton, state_mark::Dot, tab_title::TabTitle, time_ago::TimeAgo},
    contexts::{clock::use_clock, live::use_live},
    layouts::chrome::TopBar,
    pages::problem::ProblemCard,
    routes,
    wording::{
        opened,
        problem::of_server,
        time::{since, took},
        vcluster::{Tone, host_of},
    },
};

/// The ids of the vclusters that there are, for a list of all of them.
type Existing = Option<Memo<BTreeSet<String>>>;
/// What changes when something begins or ends: the list is another one then.
type Latest = (String, OperationState, Vec<(Option<OutOfMemory>, bool)>);

/// A tab of a vcluster's page.
#[component]
pub(crate) fn ActivityTab() -> impl IntoView {
    let vcluster: Memo<Vcluster> = expect_context();
    let (id, name) = vcluster.with_untracked(|vcluster| (vcluster.id.clone(), vcluster.name.clone()));
    let after = after();
    let latest = Memo::new(move |_| vcluster.with(latest_of));
    let title = t!("tabs-title", tab = t!("tabs-activity"), name = name.as_str());
    let label = t!("activity-list", name = name.as_str());
    let address = routes::activity(&id);
    let page = Resource::new_blocking(
        move || (id.clone(), after.get(), latest.get()),
        |(id, after, _)| read_activity(id, after),
    );
    view! {
        <TabTitle title=title/>
        <Listed page=page label=label address=address after=after existing=None/>
    }
    .into_any()
}

/// A page of its own, about all vclusters of the user.
#[component]
pub(crate) fn ActivityPage() -> impl IntoView {
    let live = use_live();
    let after = after();
    let latest = Memo::new(move |_| live.vclusters().iter().map(latest_of).collect::<Vec<_>>());
    let existing = Memo::new(move |_| {
        let unreadable = live.unreadable().into_iter().map(|vcluster| vcluster.id);
        live.vclusters().into_iter().map(|vcluster| vcluster.id).chain(unreadable).collect::<BTreeSet<_>>()
    });
    let page = Resource::new_blocking(move || (after.get(), latest.get()), |(after, _)| read_all_activity(after));
    let address = routes::ACTIVITY.to_owned();
    view! {
        <TabTitle title=t!("activity-title")/>
        <TopBar here=t!("activity-title")/>
        <div class="page">
            <header class="page-head">
                <div>
                    <h1>{t!("activity-title")}</h1>
                    <p class="sub">{t!("activity-subtitle")}</p>
                </div>
            </header>
            <Listed page=page label=t!("activity-of-all") address=address after=after existing=Some(existing)/>
        </div>
    }
    .into_any()
}

/// What the address says the page begins behind; empty on the first one.
fn after() -> Memo<String> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| query.get("after").unwrap_or_default()))
}

fn latest_of(vcluster: &Vcluster) -> Latest {
    let noted = vcluster.nodes.iter().map(|node| (node.out_of_memory.clone(), node.made_before)).collect();
    (vcluster.operation.id.clone(), vcluster.operation.state, noted)
}

/// One page of a list.
#[component]
fn Listed(
    page: Resource<Result<Page<Activity>, Refused>>,
    label: String,
    /// The list's own, without a page.
    address: String,
    after: Memo<String>,
    existing: Existing,
) -> impl IntoView {
    view! {
        <Transition fallback=RowsSkeleton>
            {move || {
                let (label, address) = (label.clone(), address.clone());
                Suspend::new(async move {
                    match page.await {
                        Ok(Page { items, next }) => {
                            view! {
                                <ActivityTable items=items label=label existing=existing/>
                                <OtherPages next=next address=address after=after/>
                            }
                            .into_any()
                        }
                        Err(refused) => view! { <ProblemCard problem=refused.into()/> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
}

#[component]
fn ActivityTable(items: Vec<Activity>, label: String, existing: Existing) -> impl IntoView {
    if items.is_empty() {
        return view! { <section class="empty card"><p class="sub">{t!("activity-none")}</p></section> }.into_any();
    }
    view! {
        <section class="card activity" class:is-of-all=existing.is_some() aria-label=label>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{t!("activity-what")}</th>
                        {existing.map(|_| view! { <th scope="col">{t!("activity-vcluster")}</th> })}
                        <th scope="col">{t!("activity-who")}</th>
                        <th scope="col">{t!("activity-when")}</th>
                        <th scope="col">{t!("activity-length")}</th>
                    </tr>
                </thead>
                <tbody>{items.into_iter().map(|item| view! { <ActivityRow item=item existing=existing/> }).collect_view()}</tbody>
            </table>
        </section>
    }
    .into_any()
}

/// Links to the newest page and to the next older one, where there are any.
#[component]
fn OtherPages(next: Option<String>, address: String, after: Memo<String>) -> impl IntoView {
    let older = next.map(|next| format!("{address}?after={next}"));
    let newest = (!after.get_untracked().is_empty()).then_some(address);
    (older.is_some() || newest.is_some()).then(|| {
        view! {
            <nav class="pages" aria-label=t!("activity-pages")>
                {newest.map(|address| view! { <a class="button is-small" href=address>{t!("activity-newest")}</a> })}
                {older.map(|address| view! { <a class="button is-small" href=address>{t!("activity-older")}</a> })}
            </nav>
        }
    })
}

#[component]
fn ActivityRow(item: Activity, existing: Existing) -> impl IntoView {
    let clock = use_clock();
    let (started, finished, state) = (item.started_at, item.finished_at, item.state);
    let is_opened = item.kind == OperationKind::Opened;
    let length = move || match finished {
        // When they left is not known.
        _ if is_opened => "–".to_owned(),
        Some(end) => took(end - started),
        None => since(started, clock.now()),
    };
    let why = match state {
        _ if is_opened => item.opened.as_ref().map(|how| view! { <small>{opened::origin(how)}</small> }.into_any()),
        OperationState::Failed | OperationState::Succeeded => {
            item.reason.clone().map(|reason| view! { <small><Foreign said=of_server(reason)/></small> }.into_any())
        }
        OperationState::Superseded => Some(view! { <small>{t!("activity-superseded")}</small> }.into_any()),
        OperationState::Running => Some(view! { <small>{t!("activity-running")}</small> }.into_any()),
    };
    let who = match (item.by, item.kind) {
        (Some(by), _) => by,
        (None, OperationKind::OutOfMemory | OperationKind::MadeBefore) => "–".to_owned(),
        (None, OperationKind::Recover) => t!("activity-by-itself"),
        (None, _) => t!("activity-nobody"),
    };
    let what = match &item.opened {
        Some(how) => opened::entrance(how),
        None => what(item.kind, state, item.host.as_deref()),
    };
    let tone = if is_opened { Tone::Quiet } else { tone(state) };
    let (id, name) = (item.vcluster, item.vcluster_name);
    view! {
        <tr>
            <th scope="row" class="activity-what"><div><Dot tone=tone/> <span>{what} {why}</span></div></th>
            {existing.map(|existing| view! {
                <td data-label=t!("activity-vcluster")><VclusterName id=id name=name existing=existing/></td>
            })}
            <td data-label=t!("activity-who")>{who}</td>
            <td data-label=t!("activity-when")><TimeAgo at=started/></td>
            <td data-label=t!("activity-length")>{length}</td>
        </tr>
    }
}

/// A link while the vcluster is there. One whose name is not known has its id.
#[component]
fn VclusterName(id: String, name: Option<String>, existing: Memo<BTreeSet<String>>) -> impl IntoView {
    let address = routes::vcluster(&id);
    let name = name.unwrap_or_else(|| id.clone());
    let is_there = Memo::new(move |_| existing.with(|existing| existing.contains(&id)));
    move || {
        if is_there.get() {
            view! { <a href=address.clone()>{name.clone()}</a> }.into_any()
        } else {
            view! { {name.clone()}" "<small>{t!("activity-deleted")}</small> }.into_any()
        }
    }
}

const fn tone(state: OperationState) -> Tone {
    match state {
        OperationState::Running => Tone::Busy,
        OperationState::Succeeded => Tone::Good,
        OperationState::Failed => Tone::Bad,
        OperationState::Superseded => Tone::Quiet,
    }
}

/// Said as done only when it is.
fn what(kind: OperationKind, state: OperationState, host: Option<&str>) -> String {
    match (kind, state) {
        (OperationKind::Create, OperationState::Succeeded) => t!("state-done-create"),
        (OperationKind::Start, OperationState::Succeeded) => t!("state-done-start"),
        (OperationKind::Stop, OperationState::Succeeded) => t!("state-done-stop"),
        (OperationKind::Restart, OperationState::Succeeded) => t!("state-done-restart"),
        (OperationKind::AddNodes, OperationState::Succeeded) => t!("state-done-add-nodes"),
        (OperationKind::RemoveNode, OperationState::Succeeded) => t!("state-done-remove-node"),
        (OperationKind::Recover, OperationState::Succeeded) => t!("state-done-recover", host = host_of(host)),
        (OperationKind::Recover, OperationState::Failed) => t!("state-failed-recover", host = host_of(host)),
        (OperationKind::Create, OperationState::Failed) => t!("state-failed-create"),
        (OperationKind::Start, OperationState::Failed) => t!("state-failed-start"),
        (OperationKind::Stop, OperationState::Failed) => t!("state-failed-stop"),
        (OperationKind::Restart, OperationState::Failed) => t!("state-failed-restart"),
        (OperationKind::AddNodes, OperationState::Failed) => t!("state-failed-add-nodes"),
        (OperationKind::RemoveNode, OperationState::Failed) => t!("state-failed-remove-node"),
        (OperationKind::Create, _) => t!("activity-doing-create"),
        (OperationKind::Start, _) => t!("activity-doing-start"),
        (OperationKind::Stop, _) => t!("activity-doing-stop"),
        (OperationKind::Restart, _) => t!("activity-doing-restart"),
        (OperationKind::Delete, _) => t!("activity-doing-delete"),
        (OperationKind::AddNodes, _) => t!("activity-doing-add-nodes"),
        (OperationKind::RemoveNode, _) => t!("activity-doing-remove-node"),
        (OperationKind::OutOfMemory, _) => t!("activity-out-of-memory"),
        (OperationKind::MadeBefore, _) => t!("activity-made-before"),
        (OperationKind::Opened, _) => t!("activity-opened"),
        (OperationKind::Recover, _) => t!("activity-doing-recover", host = host_of(host)),
    }
}
