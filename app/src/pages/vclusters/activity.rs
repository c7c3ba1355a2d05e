//! What was done with a vcluster: who, what, when, how long, and why it failed. A page at a time, newest first.

use catalogue::t;
use domain::operation::{OperationKind, OperationState};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use wire::{activity::Activity, page::Page, vcluster::Vcluster};

use crate::{
    api::activity::read_activity,
    components::{rich::Foreign, skeleton::RowsSkeleton, state_mark::Dot, tab_title::TabTitle, time_ago::TimeAgo},
    contexts::clock::use_clock,
    pages::problem::ProblemText,
    routes,
    wording::{
        problem::of_server,
        time::{since, took},
        vcluster::{Tone, host_of},
    },
};

#[component]
pub(crate) fn ActivityTab() -> impl IntoView {
    let vcluster: Memo<Vcluster> = expect_context();
    let (id, name) = vcluster.with_untracked(|vcluster| (vcluster.id.clone(), vcluster.name.clone()));
    let query = use_query_map();
    let after = Memo::new(move |_| query.with(|query| query.get("after").unwrap_or_default()));
    // Something began or ended: the list has changed.
    let latest = Memo::new(move |_| {
        vcluster.with(|it| {
            let noted: Vec<_> = it.nodes.iter().map(|node| (node.out_of_memory.clone(), node.made_before)).collect();
            (it.operation.id.clone(), it.operation.state, noted)
        })
    });
    let page = Resource::new_blocking(
        move || (id.clone(), after.get(), latest.get()),
        |(id, after, _)| read_activity(id, after),
    );
    let title = t!("tabs-title", tab = t!("tabs-activity"), name = name.as_str());
    let label = t!("activity-list", name = name.as_str());
    let id = vcluster.with_untracked(|vcluster| vcluster.id.clone());
    view! {
        <TabTitle title=title/>
        <Transition fallback=RowsSkeleton>
            {move || {
                let (label, id) = (label.clone(), id.clone());
                Suspend::new(async move {
                    match page.await {
                        Ok(page) => view! { <Deeds page=page label=label id=id after=after/> }.into_any(),
                        Err(refused) => view! { <ProblemText problem=refused.into()/> }.into_any(),
                    }
                })
            }}
        </Transition>
    }
    .into_any()
}

#[component]
fn Deeds(page: Page<Activity>, label: String, id: String, after: Memo<String>) -> impl IntoView {
    if page.items.is_empty() {
        return view! { <section class="empty card"><p class="sub">{t!("activity-none")}</p></section> }.into_any();
    }
    let older = page.next.map(|next| format!("{}?after={next}", routes::activity(&id)));
    let newest = (!after.get_untracked().is_empty()).then(|| routes::activity(&id));
    let paged = older.is_some() || newest.is_some();
    view! {
        <section class="card activity" aria-label=label>
            <table>
                <thead>
                    <tr>
                        <th scope="col">{t!("activity-what")}</th>
                        <th scope="col">{t!("activity-who")}</th>
                        <th scope="col">{t!("activity-when")}</th>
                        <th scope="col">{t!("activity-length")}</th>
                    </tr>
                </thead>
                <tbody>{page.items.into_iter().map(|deed| view! { <Deed deed=deed/> }).collect_view()}</tbody>
            </table>
        </section>
        {paged.then(|| view! {
            <nav class="pages" aria-label=t!("activity-pages")>
                {newest.map(|address| view! { <a class="button is-small" href=address>{t!("activity-newest")}</a> })}
                {older.map(|address| view! { <a class="button is-small" href=address>{t!("activity-older")}</a> })}
            </nav>
        })}
    }
    .into_any()
}

#[component]
fn Deed(deed: Activity) -> impl IntoView {
    let clock = use_clock();
    let (started, finished, state) = (deed.started_at, deed.finished_at, deed.state);
    let length = move || match finished {
        Some(end) => took(end - started),
        None => since(started, clock.now()),
    };
    let why = match state {
        OperationState::Failed | OperationState::Succeeded => {
            deed.reason.clone().map(|reason| view! { <small><Foreign said=of_server(reason)/></small> }.into_any())
        }
        OperationState::Superseded => Some(view! { <small>{t!("activity-superseded")}</small> }.into_any()),
        OperationState::Running => Some(view! { <small>{t!("activity-running")}</small> }.into_any()),
    };
    let who = match (deed.by, deed.kind) {
        (Some(by), _) => by,
        (None, OperationKind::OutOfMemory | OperationKind::MadeBefore) => "–".to_owned(),
        (None, OperationKind::Recover) => t!("activity-by-itself"),
        (None, _) => t!("activity-nobody"),
    };
    view! {
        <tr>
            <th scope="row" class="activity-what"><Dot tone=tone(state)/> <span>{what(deed.kind, state, deed.host.as_deref())} {why}</span></th>
            <td data-label=t!("activity-who")>{who}</td>
            <td data-label=t!("activity-when")><TimeAgo at=started/></td>
            <td data-label=t!("activity-length")>{length}</td>
        </tr>
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
        (OperationKind::Recover, _) => t!("activity-doing-recover", host = host_of(host)),
    }
}
