//! One vcluster: what it is and does, its nodes, its terminals.

mod header;
mod nodes;
mod remove;
mod state;

use leptos::prelude::*;
use leptos_router::components::Outlet;
use wire::vcluster::Vcluster;

use self::{header::Header, nodes::Nodes, state::Trouble};
use super::found::Found;
use crate::{
    components::{facts::Facts, tab_title::TabTitle},
    layouts::chrome::TopBar,
    pages::terminals::panel::{TerminalsOf, provide_opener},
};

/// The page; a dialog of its routes stands in front of it.
#[component]
pub(crate) fn VclusterPage() -> impl IntoView {
    view! { <Found page=page/> }.into_any()
}

fn page(vcluster: Memo<Vcluster>) -> AnyView {
    let name = Signal::derive(move || vcluster.with(|vcluster| vcluster.name.clone()));
    provide_opener();
    view! {
        <TabTitle title=name/>
        <TopBar here=name below=true/>
        <div class="page">
            <Header vcluster=vcluster/>
            <Trouble vcluster=vcluster/>
            <Facts vcluster=vcluster/>
            <Nodes vcluster=vcluster/>
            <TerminalsOf vcluster=vcluster/>
        </div>
        <Outlet/>
    }
    .into_any()
}
