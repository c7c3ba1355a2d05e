//! One vcluster: what it is and does, in tabs with addresses of their own; its terminals stay below all of them.

pub(crate) mod actions;
mod charts;
mod facts;
mod header;
mod nodes;
pub(crate) mod overview;
mod remove;
mod state;
mod tabs;

use leptos::prelude::*;
use leptos_router::components::Outlet;
use wire::vcluster::Vcluster;

use self::{actions::provide_page_actions, header::Header, state::Trouble, tabs::VclusterTabs};
use super::found::Found;
use crate::{
    components::tab_title::TabTitle,
    contexts::pulse::provide_pulse,
    layouts::chrome::TopBar,
    pages::terminals::panel::{TerminalsOf, provide_opener},
};

/// The page; its tabs, and a dialog in front of them, are its routes.
#[component]
pub(crate) fn VclusterPage() -> impl IntoView {
    view! { <Found page=page/> }.into_any()
}

fn page(vcluster: Memo<Vcluster>) -> AnyView {
    let name = Signal::derive(move || vcluster.with(|vcluster| vcluster.name.clone()));
    provide_page_actions();
    provide_opener();
    vcluster.with_untracked(|vcluster| provide_pulse(&vcluster.id));
    view! {
        <TabTitle title=name/>
        <TopBar here=name below=true/>
        <div class="page">
            <Header vcluster=vcluster/>
            <VclusterTabs vcluster=vcluster/>
            <Trouble vcluster=vcluster/>
            <div class="tab-page"><Outlet/></div>
            <TerminalsOf vcluster=vcluster/>
        </div>
    }
    .into_any()
}
