//! Where a terminal can be opened: every node that runs, one click away.

use catalogue::t;
use domain::node::NodeState;
use leptos::prelude::*;
use wire::vcluster::Vcluster;

use crate::{
    components::{
        hexagons::Hexagons,
        icon::{Glyph, Icon},
        tab_title::TabTitle,
    },
    contexts::live::use_live,
    layouts::chrome::TopBar,
    routes,
};

#[component]
pub(crate) fn ChooseTerminalsPage() -> impl IntoView {
    view! {
        <TabTitle title=t!("terminals-title")/>
        <TopBar here=t!("terminals-title")/>
        <div class="page">
            <header class="page-head">
                <div>
                    <h1>{t!("terminals-title")}</h1>
                    <p class="sub">{t!("terminals-subtitle")}</p>
                </div>
            </header>
            <Running/>
        </div>
    }
    .into_any()
}

fn has_shell(vcluster: &Vcluster) -> bool {
    vcluster.nodes.iter().any(|node| node.state == NodeState::Running)
}

#[component]
fn Running() -> impl IntoView {
    let live = use_live();
    let running = move || live.vclusters().into_iter().filter(has_shell).collect::<Vec<_>>();
    let any = Memo::new(move |_| !running().is_empty());
    move || {
        if any.get() {
            view! {
                <ul class="rows card" aria-label=t!("terminals-list")>
                    <For each=running key=|vcluster| vcluster.id.clone() children=|vcluster| view! { <Choice initial=vcluster/> }/>
                </ul>
            }
            .into_any()
        } else {
            view! {
                <section class="empty card">
                    <h2>{t!("terminals-nothing")}</h2>
                    <p class="sub">{t!("terminals-nothing-text")}</p>
                    <a class="button is-primary" href=routes::HOME>{t!("problem-home")}</a>
                </section>
            }
            .into_any()
        }
    }
}

#[component]
fn Choice(initial: Vcluster) -> impl IntoView {
    let (id, name) = (initial.id.clone(), initial.name.clone());
    let vcluster = use_live().follow(initial);
    let nodes = Memo::new(move |_| {
        vcluster.with(|vcluster| {
            let running = vcluster.nodes.iter().filter(|node| node.state == NodeState::Running);
            running.map(|node| node.name.clone()).collect::<Vec<_>>()
        })
    });
    let all = routes::terminals(&id);
    let node = {
        let name = name.clone();
        move |node: String| {
            let (address, spoken) = (
                routes::terminal_of_node(&id, &node),
                t!("terminals-on-node", node = node.as_str(), name = name.as_str()),
            );
            view! {
                <a class="button is-small" href=address aria-label=spoken>
                    <Glyph icon=Icon::Terminal/>
                    {node}
                </a>
            }
        }
    };
    view! {
        <li class="row is-choice">
            <div class="row-name"><a href=all>{name}</a></div>
            <Hexagons vcluster=vcluster/>
            <div class="row-actions is-left"><For each=move || nodes.get() key=String::clone children=node/></div>
        </li>
    }
}
