//! What can be done to a vcluster, as a button or link. Forms work before and without our script; with it the button says
//! at once that its action has begun.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use wire::vcluster::Vcluster;

use super::icon::{Glyph, Icon};
use crate::{api::vclusters::Verb, contexts::actions::use_actions, offers::Offer, routes, wording::vcluster::ready};

pub(crate) const fn icon(offer: Offer) -> Icon {
    match offer {
        Offer::Terminal => Icon::Terminal,
        Offer::Jupyter => Icon::Jupyter,
        Offer::Watch => Icon::Watch,
        Offer::Start => Icon::Play,
        Offer::Repair => Icon::Repair,
        Offer::Stop => Icon::Stop,
        Offer::Restart => Icon::Restart,
        Offer::Delete => Icon::Delete,
    }
}

/// Where an offer that is a link leads.
fn address(offer: Offer, vcluster: &Vcluster) -> String {
    match offer {
        Offer::Terminal => {
            let running = vcluster.nodes.iter().find(|node| node.state == domain::node::NodeState::Running);
            running.map_or_else(
                || routes::terminals(&vcluster.id),
                |node| routes::vcluster_at_node(&vcluster.id, &node.name),
            )
        }
        Offer::Jupyter => routes::jupyter(&vcluster.id),
        Offer::Delete => routes::delete_vcluster(&vcluster.id),
        Offer::Watch | Offer::Start | Offer::Repair | Offer::Stop | Offer::Restart => routes::vcluster(&vcluster.id),
    }
}

/// JupyterLab is another site with an address of its own, which learns nothing of where one comes from.
fn target(offer: Offer) -> Option<&'static str> {
    (offer == Offer::Jupyter).then_some("_blank")
}

fn rel(offer: Offer) -> Option<&'static str> {
    (offer == Offer::Jupyter).then_some("noopener external")
}

/// The name people hear: `Stop lab`.
pub(crate) fn spoken(offer: Offer, vcluster: &Vcluster) -> String {
    match offer {
        Offer::Terminal => t!("offer-terminal-of", name = vcluster.name.as_str()),
        Offer::Jupyter => t!("offer-jupyter-of", name = vcluster.name.as_str()),
        Offer::Delete => t!("offer-delete-of", name = vcluster.name.as_str()),
        other => t!("offer-of", offer = other.label(), name = vcluster.name.as_str()),
    }
}

/// One offer, beside others.
#[component]
pub(crate) fn OfferButton(offer: Offer, vcluster: Vcluster, #[prop(optional)] small: bool) -> impl IntoView {
    let class = if small { "button is-small" } else { "button" };
    let spoken = spoken(offer, &vcluster);
    match offer.verb() {
        Some(verb) => view! {
            <VerbForm id=vcluster.id verb=verb class=class spoken=spoken>
                <Glyph icon=icon(offer)/>
                {offer.label()}
            </VerbForm>
        }
        .into_any(),
        None => view! {
            <a class=class href=address(offer, &vcluster) target=target(offer) rel=rel(offer) aria-label=spoken>
                <Glyph icon=icon(offer)/>
                {offer.label()}
            </a>
        }
        .into_any(),
    }
}

/// One offer in a menu, with what it means.
#[component]
pub(crate) fn OfferItem(offer: Offer, vcluster: Vcluster) -> impl IntoView {
    let class = if offer == Offer::Delete { "menu-item tone-bad" } else { "menu-item" };
    let spoken = spoken(offer, &vcluster);
    let text = view! {
        <Glyph icon=icon(offer)/>
        <span>
            {offer.label()}
            <small>{offer.meaning()}</small>
        </span>
    };
    match offer.verb() {
        Some(verb) => {
            view! { <VerbForm id=vcluster.id verb=verb class=class spoken=spoken>{text}</VerbForm> }.into_any()
        }
        None => view! { <a class=class href=address(offer, &vcluster) target=target(offer) rel=rel(offer) aria-label=spoken>{text}</a> }.into_any(),
    }
}

/// The way to the terminals' own page, in a menu; there is one as long as a node runs.
#[component]
pub(crate) fn AllTerminalsItem(vcluster: Memo<Vcluster>) -> impl IntoView {
    let shell = Memo::new(move |_| vcluster.with(|vcluster| ready(vcluster).0 > 0));
    let (address, spoken) = vcluster.with_untracked(|vcluster| {
        (routes::terminals(&vcluster.id), t!("offer-all-terminals-of", name = vcluster.name.as_str()))
    });
    view! {
        <a class="menu-item" hidden=move || !shell.get() href=address aria-label=spoken>
            <Glyph icon=Icon::Terminal/>
            <span>{t!("offer-all-terminals")}<small>{t!("offer-all-terminals-meaning")}</small></span>
        </a>
    }
}

#[component]
fn VerbForm(id: String, verb: Verb, class: &'static str, spoken: String, children: Children) -> impl IntoView {
    let actions = use_actions();
    let acting = {
        let id = id.clone();
        Memo::new(move |_| actions.is_acting(&id, verb))
    };
    view! {
        <ActionForm action=actions.act>
            <input type="hidden" name="id" value=id/>
            <input type="hidden" name="verb" value=verb.as_str()/>
            <button
                type="submit"
                class=class
                aria-label=spoken
                aria-busy=move || acting.get().then_some("true")
                disabled=acting
            >
                {children()}
            </button>
        </ActionForm>
    }
}
