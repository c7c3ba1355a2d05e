//! All vclusters of the user, with what they use of their limits: where people land.

mod empty;
mod meters;
mod row;

use leptos::prelude::*;
use leptos_router::components::Outlet;

use self::{empty::Empty, meters::Meters, row::Row};
use crate::{
    components::{quick_create::NewVclusterButton, tab_title::TabTitle},
    contexts::live::use_live,
    layouts::chrome::TopBar,
};

/// The list; a dialog of its routes stands in front of it.
#[component]
pub(crate) fn VclustersPage() -> impl IntoView {
    view! {
        <TabTitle title="vclusters".to_owned()/>
        <TopBar here="vclusters".to_owned()/>
        <div class="page">
            <header class="page-head">
                <div>
                    <h1>"vclusters"</h1>
                    <p class="sub is-wide-only">"Your private clusters. Everything under your home follows you into each node."</p>
                </div>
                <NewVclusterButton/>
            </header>
            <Meters/>
            <Rows/>
        </div>
        <Outlet/>
    }
    .into_any()
}

#[component]
fn Rows() -> impl IntoView {
    let live = use_live();
    let any = Memo::new(move |_| live.count() > 0);
    move || {
        if any.get() {
            view! {
                <ul class="rows card" aria-label="vclusters">
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
