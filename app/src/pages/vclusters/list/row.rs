//! One vcluster of the list. Each part changes by itself, so that an event neither closes a menu nor moves the focus.

use leptos::prelude::*;
use wire::vcluster::Vcluster;

use crate::{
    components::{
        hexagons::Hexagons,
        icon::{Glyph, Icon},
        menu::Menu,
        offer_button::{AllTerminalsItem, OfferButton, OfferItem},
        state_mark::Dot,
    },
    contexts::{clock::use_clock, live::use_live},
    offers::offers,
    routes,
    wording::{
        amount::count,
        vcluster::{doing, each, state, tone},
    },
};

#[component]
pub(crate) fn Row(initial: Vcluster) -> impl IntoView {
    let (name, address) = (initial.name.clone(), routes::vcluster(&initial.id));
    let vcluster = use_live().follow(initial);
    let part = move |of: fn(&Vcluster) -> String| {
        let part = Memo::new(move |_| vcluster.with(of));
        move || part.get()
    };
    let clock = use_clock();
    let doing = Memo::new(move |_| vcluster.with(|vcluster| doing(vcluster, clock.now())));
    view! {
        <li class="row">
            <Dot tone=Signal::derive(move || vcluster.with(|vcluster| tone(vcluster.state)))/>
            <div class="row-name">
                <a href=address>{name}</a>
                <p class="sub">{part(image_and_nodes)} " · " {move || doing.get()}</p>
            </div>
            <div class="row-state">
                <Hexagons vcluster=vcluster/>
                <p class="sub">{part(state)}</p>
            </div>
            <p class="row-size sub">{part(|vcluster| format!("{} each", each(vcluster, " · ")))}</p>
            <RowActions vcluster=vcluster/>
        </li>
    }
}

fn image_and_nodes(vcluster: &Vcluster) -> String {
    let nodes = count(u64::try_from(vcluster.nodes.len()).unwrap_or_default(), "node");
    format!("{} · {nodes}", vcluster.image)
}

/// The two that make sense now, and the rest behind "…".
#[component]
fn RowActions(vcluster: Memo<Vcluster>) -> impl IntoView {
    let offers = Memo::new(move |_| vcluster.with(offers));
    let (id, name) = vcluster.with_untracked(|vcluster| (vcluster.id.clone(), vcluster.name.clone()));
    let first = move || {
        let first = offers.get().first.into_iter();
        first
            .map(|offer| view! { <OfferButton offer=offer vcluster=vcluster.get_untracked() small=true/> })
            .collect_view()
    };
    let more = move || {
        let more = offers.get().more.into_iter();
        more.map(|offer| view! { <OfferItem offer=offer vcluster=vcluster.get_untracked()/> }).collect_view()
    };
    view! {
        <div class="row-actions">
            {first}
            <Menu
                id=format!("more-{id}")
                label=format!("More actions for {name}")
                class="button is-ghost is-small is-square"
                button=|| view! { <Glyph icon=Icon::More/> }
            >
                <AllTerminalsItem vcluster=vcluster/>
                {more}
            </Menu>
        </div>
    }
}
