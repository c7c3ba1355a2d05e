//! A vcluster's terminals and nothing else.

use leptos::prelude::*;
use wire::vcluster::Vcluster;

use super::panel::{TerminalsOf, provide_opener};
use crate::{
    components::{
        hexagons::Hexagons,
        icon::{Glyph, Icon},
        tab_title::TabTitle,
    },
    pages::vclusters::found::Found,
    routes,
};

#[component]
pub(crate) fn TerminalsPage() -> impl IntoView {
    view! { <Found page=page/> }.into_any()
}

fn page(vcluster: Memo<Vcluster>) -> AnyView {
    let (id, name) = vcluster.with_untracked(|vcluster| (vcluster.id.clone(), vcluster.name.clone()));
    provide_opener();
    view! {
        <TabTitle title=format!("Terminals of {name}")/>
        <main class="terminals-full" id="main">
            <header class="terminals-head">
                <a class="button is-ghost is-small" href=routes::vcluster(&id) aria-label=format!("Back to {name}")>
                    <Glyph icon=Icon::Back/>
                    {name.clone()}
                </a>
                <Hexagons vcluster=vcluster/>
                <h1 class="visually-hidden">{format!("Terminals of {name}")}</h1>
            </header>
            <TerminalsOf vcluster=vcluster fill=true/>
        </main>
    }
    .into_any()
}
