//! A vcluster's terminals and nothing else.

use catalogue::t;
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
        <TabTitle title=t!("terminals-of", name = name.as_str())/>
        <main class="terminals-full" id="main">
            <header class="terminals-head">
                <a class="button is-ghost is-small" href=routes::vcluster(&id) aria-label=t!("terminals-back", name = name.as_str())>
                    <Glyph icon=Icon::Back/>
                    {name.clone()}
                </a>
                <Hexagons vcluster=vcluster/>
                <h1 class="visually-hidden">{t!("terminals-of", name = name.as_str())}</h1>
            </header>
            <TerminalsOf vcluster=vcluster fill=true/>
        </main>
    }
    .into_any()
}
