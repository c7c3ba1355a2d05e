//! One vcluster of the list. Each part changes by itself, so that an event neither closes a menu nor moves the focus.

use catalogue::t;
use leptos::prelude::*;
use wire::vcluster::Vcluster;

use crate::{
    available_actions::available_actions,
    components::{
        action_button::{ActionButton, ActionItem, AllTerminalsItem},
        hexagons::Hexagons,
        icon::{Glyph, Icon},
        menu::Menu,
        sparkline::Sparkline,
        state_mark::Dot,
    },
    contexts::{clock::use_clock, live::use_live, usage_summaries::use_usage_summaries},
    routes,
    wording::{
        amount::count_nodes,
        usage::{memory_short, share},
        vcluster::{doing, each, ready, state, tone},
    },
};

#[component]
pub(super) fn Row(initial: Vcluster) -> impl IntoView {
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
            <Use vcluster=vcluster/>
            <RowActions vcluster=vcluster/>
        </li>
    }
}

fn image_and_nodes(vcluster: &Vcluster) -> String {
    format!("{} · {}", vcluster.image, count_nodes(vcluster.nodes.len()))
}

/// What its nodes use, and where that has been; what they have, while none runs.
#[component]
fn Use(vcluster: Memo<Vcluster>) -> impl IntoView {
    let summaries = use_usage_summaries();
    let id = vcluster.with_untracked(|vcluster| vcluster.id.clone());
    let runs = Memo::new(move |_| vcluster.with(|vcluster| ready(vcluster).0 > 0));
    let summary = Memo::new(move |_| runs.get().then(|| summaries.of(&id)).flatten());
    let size = Memo::new(move |_| {
        vcluster.with(|vcluster| {
            let (count, each) = (vcluster.nodes.len(), vcluster.resources);
            // Far below 2^53.
            (each.cpus * count as f64, u64::try_from(each.memory_mib).unwrap_or(0) * u64::try_from(count).unwrap_or(0))
        })
    });
    let values = Signal::derive(move || {
        summary.with(|summary| summary.as_ref().map(|summary| summary.cpus.clone()).unwrap_or_default())
    });
    let cpu = move || {
        let used = summary.with(|summary| summary.as_ref()?.cpus.last().copied().flatten());
        used.map(|used| t!("vclusters-cpu", share = share(used, size.get().0)))
    };
    let memory = move || {
        let used = summary.with(|summary| summary.as_ref()?.memory_mib);
        used.map(|used| memory_short(used, size.get().1))
    };
    let each = Memo::new(move |_| vcluster.with(each));
    view! {
        <div class="row-use">
            <Sparkline values=values limit=Signal::derive(move || size.get().0)/>
            <p class="sub">
                <span>{move || cpu().unwrap_or_else(|| each.get())}</span>
                <span>{memory}</span>
            </p>
        </div>
    }
}

/// The two that make sense now, and the rest behind "…".
#[component]
fn RowActions(vcluster: Memo<Vcluster>) -> impl IntoView {
    let available = Memo::new(move |_| vcluster.with(available_actions));
    let (id, name) = vcluster.with_untracked(|vcluster| (vcluster.id.clone(), vcluster.name.clone()));
    let first = move || {
        let first = available.get().first.into_iter();
        first
            .map(|action| view! { <ActionButton action=action vcluster=vcluster.get_untracked() small=true/> })
            .collect_view()
    };
    let more = move || {
        let more = available.get().more.into_iter();
        more.map(|action| view! { <ActionItem action=action vcluster=vcluster.get_untracked()/> }).collect_view()
    };
    view! {
        <div class="row-actions">
            {first}
            <Menu
                id=format!("more-{id}")
                label=t!("action-more", name = name.as_str())
                class="button is-ghost is-small is-square"
                button=|| view! { <Glyph icon=Icon::More/> }
            >
                <AllTerminalsItem vcluster=vcluster/>
                {more}
            </Menu>
        </div>
    }
}
