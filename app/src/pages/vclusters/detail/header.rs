//! Name, state, what can be done, and why something is not as it should be.

use catalogue::t;
use domain::vcluster::VclusterState;
use leptos::{form::ActionForm, prelude::*};
use wire::vcluster::Vcluster;

use super::use_page_actions;
use crate::{
    available_actions::actions_on_its_page,
    components::{
        action_button::{ActionButton, ActionItem, AllTerminalsItem},
        hexagons::Hexagons,
        icon::{Glyph, Icon},
        menu::Menu,
        rich::Foreign,
        state_mark::{Dot, Tag},
    },
    contexts::{clock::use_clock, live::use_live},
    defaults::{fitting, left},
    wording::{
        problem::{Said, of_server},
        vcluster::{headline, state, tone},
    },
};

#[component]
pub(super) fn Header(vcluster: Memo<Vcluster>) -> impl IntoView {
    let tone = Signal::derive(move || vcluster.with(|vcluster| tone(vcluster.state)));
    let state = Signal::derive(move || vcluster.with(state));
    let clock = use_clock();
    let headline = Memo::new(move |_| vcluster.with(|vcluster| headline(vcluster, clock.now())));
    view! {
        <header class="page-head">
            <div>
                <div class="page-title">
                    <Dot tone=tone/>
                    <h1>{move || vcluster.with(|vcluster| vcluster.name.clone())}</h1>
                    <Tag tone=tone text=state/>
                    <Hexagons vcluster=vcluster/>
                </div>
                <p class="sub">
                    {move || headline.get()}
                    // A page without script does not change by itself.
                    <noscript inner_html=format!("<a href=\"\">{}</a>", t!("vcluster-look-again"))></noscript>
                </p>
            </div>
            <Doing vcluster=vcluster/>
        </header>
    }
}

/// What makes sense now. The terminal is on this very page, so it is not offered again.
#[component]
fn Doing(vcluster: Memo<Vcluster>) -> impl IntoView {
    let available = Memo::new(move |_| vcluster.with(actions_on_its_page));
    let (id, name) = vcluster.with_untracked(|vcluster| (vcluster.id.clone(), vcluster.name.clone()));
    let first = move || {
        let first = available.get().first.into_iter();
        first.map(|action| view! { <ActionButton action=action vcluster=vcluster.get_untracked()/> }).collect_view()
    };
    let more = move || {
        let more = available.get().more.into_iter();
        more.map(|action| view! { <ActionItem action=action vcluster=vcluster.get_untracked()/> }).collect_view()
    };
    view! {
        <div class="page-actions">
            {first}
            <AddNode vcluster=vcluster/>
            <Menu
                id=format!("more-{id}")
                label=t!("action-more", name = name.as_str())
                class="button is-square"
                button=|| view! { <Glyph icon=Icon::More/> }
            >
                <AllTerminalsItem vcluster=vcluster/>
                {more}
            </Menu>
        </div>
    }
}

/// Why no node can be added now, if so.
fn obstacle(vcluster: &Vcluster, fits: u8) -> Option<String> {
    if vcluster.nodes.len() >= usize::from(domain::vcluster::MOST_NODES) {
        Some(t!("vcluster-most-nodes", n = domain::vcluster::MOST_NODES))
    } else if fits == 0 {
        Some(t!("vcluster-no-room"))
    } else {
        None
    }
}

#[component]
fn AddNode(vcluster: Memo<Vcluster>) -> impl IntoView {
    use VclusterState::{Degraded, Failed, Running};
    let (actions, live) = (use_page_actions(), use_live());
    let id = vcluster.with_untracked(|vcluster| vcluster.id.clone());
    let fits =
        Memo::new(move |_| vcluster.with(|vcluster| fitting(vcluster.resources, left(live.limits(), live.usage()))));
    let obstacle = Memo::new(move |_| vcluster.with(|vcluster| obstacle(vcluster, fits.get())));
    let makes_sense =
        Memo::new(move |_| vcluster.with(|vcluster| matches!(vcluster.state, Running | Degraded | Failed)));
    let adding = {
        let id = id.clone();
        Memo::new(move |_| actions.is_adding(&id))
    };
    view! {
        <ActionForm action=actions.add_nodes attr:hidden=move || !makes_sense.get()>
            <input type="hidden" name="id" value=id/>
            <input type="hidden" name="count" value="1"/>
            <button
                type="submit"
                class="button"
                title=move || obstacle.get()
                aria-busy=move || adding.get().then_some("true")
                disabled=move || adding.get() || obstacle.get().is_some()
            >
                <Glyph icon=Icon::Plus/>
                {t!("vcluster-add-node")}
            </button>
        </ActionForm>
    }
}

fn no_reason() -> Said {
    Said { text: t!("problem-no-reason"), foreign: false }
}

/// The reason of a vcluster that is broken; nothing for one that is not.
#[component]
pub(super) fn Trouble(vcluster: Memo<Vcluster>) -> impl IntoView {
    let reason = Memo::new(move |_| {
        vcluster.with(|vcluster| {
            let broken = matches!(vcluster.state, VclusterState::Degraded | VclusterState::Failed);
            broken.then(|| vcluster.reason.clone().map_or_else(no_reason, of_server))
        })
    });
    let class = move || format!("note {}", vcluster.with(|vcluster| tone(vcluster.state).class()));
    let note = move || {
        reason.get().map(|reason| {
            view! {
                <div class=class>
                    <Glyph icon=Icon::Warning/>
                    <p><Foreign said=reason/></p>
                </div>
            }
        })
    };
    view! {
        <div class="trouble" role="status">
            {note}
            <p class="visually-hidden">{move || vcluster.with(state)}</p>
        </div>
    }
}
