//! All vclusters of the user, with what they use of their limits: where people land.

mod empty;
mod meters;
mod row;

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::components::Outlet;
use wire::vcluster::UnreadableVcluster;

use self::{empty::Empty, meters::Meters, row::Row};
use crate::{
    api::{usage::read_glances, vclusters::DeleteUnreadable},
    components::{
        icon::{Glyph, Icon},
        problem_note::ProblemNote,
        quick_create::NewVclusterButton,
        rich::Foreign,
        tab_title::TabTitle,
    },
    contexts::{glances::provide_glances, live::use_live},
    forms::refusal,
    layouts::chrome::TopBar,
    pages::vclusters::seeded::seeded,
    wording::{problem::of_server, vcluster::ready},
};

/// The list; a dialog of its routes stands in front of it.
#[component]
pub(crate) fn VclustersPage() -> impl IntoView {
    let live = use_live();
    let wanted = Memo::new(move |_| live.vclusters().iter().any(|vcluster| ready(vcluster).0 > 0));
    let glances = provide_glances(wanted);
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
            {seeded(read_glances, move |found| glances.seed(found), || view! { <Rows/> }.into_any())}
        </div>
        <Outlet/>
    }
    .into_any()
}

/// Vclusters in the record that cannot be read, in the server's words. The user cannot type an unreadable name to
/// confirm, so two presses delete one.
#[component]
fn Unreadable() -> impl IntoView {
    let live = use_live();
    let delete = ServerAction::<DeleteUnreadable>::new();
    let problem = refusal(delete);
    let pending = delete.pending();
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
        <div class="notes">{move || live.unreadable().into_iter().map(note).collect_view()}</div>
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
