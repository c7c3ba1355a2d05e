//! All vclusters of the user, with what they use of their limits, and how their jobs fare: where people land.

mod jobs;
mod row;

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::components::Outlet;
use wire::{session::Amount, vcluster::UnreadableVcluster};

use self::{jobs::JobsSection, row::Row};
use super::seeded;
use crate::{
    api::{jobs::read_job_summary, usage::read_usage_summaries, vclusters::DeleteUnreadable},
    components::{
        hexagons::Preview,
        icon::{Glyph, Icon},
        meter::Meter,
        problem_note::ProblemNote,
        quick_create::NewVclusterButton,
        rich::Foreign,
        tab_title::TabTitle,
    },
    contexts::{live::use_live, usage_summaries::provide_usage_summaries},
    forms::refusal,
    layouts::chrome::TopBar,
    routes,
    wording::{
        amount::{memory, number},
        problem::of_server,
        vcluster::ready,
    },
};

/// The list; a dialog of its routes stands in front of it.
#[component]
pub(crate) fn VclustersPage() -> impl IntoView {
    let live = use_live();
    let wanted = Memo::new(move |_| live.vclusters().iter().any(|vcluster| ready(vcluster).0 > 0));
    let jobs = Resource::new_blocking(move || live.job_changes(), |_| read_job_summary());
    let summaries = provide_usage_summaries(wanted);
    view! {
        <TabTitle title=t!("vclusters-title")/>
        <TopBar here=t!("vclusters-title")/>
        <div class="page">
            <header class="page-head">
                <div>
                    <h1>{t!("vclusters-title")}</h1>
                    <p class="sub is-wide-only">{t!("vclusters-subtitle")}</p>
                </div>
                <NewVclusterButton/>
            </header>
            <Meters/>
            <Unreadable/>
            {seeded(read_usage_summaries, move |found| summaries.seed(found), || view! { <Rows/> }.into_any())}
            <JobsSection summary=jobs/>
        </div>
        <Outlet/>
    }
    .into_any()
}

/// Use against limits.
#[component]
fn Meters() -> impl IntoView {
    let live = use_live();
    let level = move |of: fn(Amount) -> f64| Signal::derive(move || (of(live.usage()), of(live.limits())));
    let texts = move |of: fn(Amount) -> String| Signal::derive(move || (of(live.usage()), of(live.limits())));
    view! {
        <dl class="meters" aria-label=t!("vclusters-limits")>
            <Meter label=t!("vclusters-limit-vclusters") level=level(|it| it.vclusters.into()) texts=texts(|it| it.vclusters.to_string())/>
            <Meter label=t!("vclusters-limit-nodes") level=level(|it| it.nodes.into()) texts=texts(|it| it.nodes.to_string())/>
            <Meter label=t!("vclusters-limit-cpus") level=level(|it| it.cpus) texts=texts(|it| number(it.cpus))/>
            <Meter label=t!("vclusters-limit-memory") level=level(mebibytes) texts=texts(|it| memory(it.memory_mib))/>
        </dl>
    }
}

/// For the length of a bar only: exact up to 2^53.
fn mebibytes(amount: Amount) -> f64 {
    amount.memory_mib as f64
}

/// Vclusters in the record that cannot be read, in the server's words. The user cannot type an unreadable name to
/// confirm, so two presses delete one.
#[component]
fn Unreadable() -> impl IntoView {
    let live = use_live();
    let delete = ServerAction::<DeleteUnreadable>::new();
    let problem = refusal(delete);
    let pending = delete.pending();
    // The feed may be away, and says nothing where not even the sums of the user can be read.
    Effect::new(move |_| {
        if let Some(Ok(id)) = delete.value().get() {
            live.unreadable_deleted(&id);
        }
    });
    let note = move |UnreadableVcluster { id, reason }: UnreadableVcluster| {
        view! {
            <div class="note tone-bad">
                <Glyph icon=Icon::Warning/>
                <div>
                    <p><Foreign said=of_server(reason)/></p>
                    <details>
                        <summary>{t!("vclusters-unreadable")}</summary>
                        <ActionForm action=delete>
                            <input type="hidden" name="id" value=id/>
                            <p>{t!("vclusters-unreadable-lost")}</p>
                            <button type="submit" class="button is-danger is-small" disabled=pending>
                                {t!("vclusters-unreadable-now")}
                            </button>
                        </ActionForm>
                    </details>
                </div>
            </div>
        }
    };
    view! {
        // By their ids: the open form of one that goes must not become another's under the pointer.
        <div class="notes"><For each=move || live.unreadable() key=|one| one.id.clone() children=note/></div>
        <ProblemNote problem=problem/>
    }
}

#[component]
fn Rows() -> impl IntoView {
    let live = use_live();
    let any = Memo::new(move |_| live.count() > 0);
    move || {
        if any.get() {
            view! {
                <ul class="rows card" aria-label=t!("vclusters-list")>
                    <For
                        each=move || live.vclusters()
                        key=|vcluster| vcluster.id.clone()
                        children=|vcluster| view! { <Row initial=vcluster/> }
                    />
                </ul>
            }
            .into_any()
        } else {
            view! { <Empty/> }.into_any()
        }
    }
}

/// The list of a user who has nothing yet: one sentence, one button, a picture of what comes.
#[component]
fn Empty() -> impl IntoView {
    view! {
        <section class="empty card">
            <div class="empty-picture"><Preview nodes=3/></div>
            <h2>{t!("vclusters-empty")}</h2>
            <p class="sub">{t!("vclusters-empty-text")}</p>
            <a class="button is-primary" href=routes::NEW_VCLUSTER>
                <Glyph icon=Icon::Plus/>
                {t!("vclusters-create-first")}
            </a>
        </section>
    }
}
