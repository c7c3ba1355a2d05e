//! The form itself. The server renders it filled in; the script shows faults and what the order takes as one types.

use catalogue::t;
use domain::name::VclusterName;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;
use wire::{problem::Problem, session::Amount};

use super::choices::{ImageChoice, NodesChoice, SizeChoice, ThenChoice};
use crate::{
    api::vclusters::Create,
    components::{field::TextField, problem_note::ProblemNote},
    contexts::live::use_live,
    defaults::{left, name, nodes_and_size, obstacle},
    forms::{fault_of, refusal},
    pages::vclusters::order::{OrderForm, TICKED, filled},
    routes,
    wording::{
        amount::{memory, number},
        problem::{Said, of_server, ours},
    },
};

/// Faults of these stand beside their fields.
const FIELDS: &[&str] = &["name", "image", "nodes", "resources.cpus", "resources.memory_mib"];

/// What is chosen now, field by field, as texts. The form's own fields are the truth; these follow them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chosen {
    name: RwSignal<String>,
    pub(super) image: RwSignal<String>,
    pub(super) other_image: RwSignal<String>,
    pub(super) nodes: RwSignal<String>,
    pub(super) size: RwSignal<String>,
    pub(super) cpus: RwSignal<String>,
    pub(super) memory_mib: RwSignal<String>,
    autostart: RwSignal<String>,
    /// What of the limits is left.
    pub(super) left: Memo<Amount>,
}

impl Chosen {
    fn new(form: &OrderForm, left: Memo<Amount>) -> Self {
        Self {
            name: RwSignal::new(form.name.clone()),
            image: RwSignal::new(form.image.clone()),
            other_image: RwSignal::new(form.other_image.clone()),
            nodes: RwSignal::new(form.nodes.clone()),
            size: RwSignal::new(form.size.clone()),
            cpus: RwSignal::new(form.cpus.clone()),
            memory_mib: RwSignal::new(form.memory_mib.clone()),
            autostart: RwSignal::new(form.autostart.clone()),
            left,
        }
    }

    /// As the form would be sent.
    pub(super) fn form(self) -> OrderForm {
        OrderForm {
            name: self.name.get(),
            image: self.image.get(),
            other_image: self.other_image.get(),
            nodes: self.nodes.get(),
            size: self.size.get(),
            cpus: self.cpus.get(),
            memory_mib: self.memory_mib.get(),
            autostart: self.autostart.get(),
            key: String::new(),
        }
    }
}

#[component]
pub(super) fn NewForm(create: ServerAction<Create>, then: RwSignal<String>) -> impl IntoView {
    let live = use_live();
    let form = suggestion();
    let chosen = Chosen::new(&form, Memo::new(move |_| left(live.limits(), live.usage())));
    let problem = refusal(create);
    let obstacle = Memo::new(move |_| obstacle(live.limits(), live.usage()));
    let pending = create.pending();
    view! {
        <ActionForm action=create attr:class="form" attr:novalidate="true">
            <div class="dialog-content">
                <ProblemNote problem=problem besides=FIELDS/>
                <input type="hidden" name="order[key]" value=form.key.clone()/>
                <TextField
                    id="new-name" name="order[name]" label=t!("common-name") value=form.name.clone() autofocus=true longest=64
                    fault=name_fault(chosen, problem) typed=chosen.name
                />
                <ImageChoice chosen=chosen fault=fault_of(problem, "image")/>
                <div class="form-pair">
                    <NodesChoice chosen=chosen fault=fault_of(problem, "nodes")/>
                    <SizeChoice
                        chosen=chosen
                        cpus=fault_of(problem, "resources.cpus")
                        memory=fault_of(problem, "resources.memory_mib")
                    />
                </div>
                <ThenChoice then=then/>
                <AutostartChoice chosen=chosen/>
            </div>
            <footer class="dialog-foot">
                <Takes chosen=chosen obstacle=obstacle/>
                <a class="button" href=routes::HOME>{t!("common-cancel")}</a>
                <button type="submit" class="button is-primary" disabled=move || pending.get() || obstacle.get().is_some()>
                    {move || if pending.get() { t!("new-creating") } else { t!("new-create") }}
                </button>
            </footer>
        </ActionForm>
    }
}

/// Whether the vcluster runs again by itself when its host has been restarted.
#[component]
fn AutostartChoice(chosen: Chosen) -> impl IntoView {
    let ticked = chosen.autostart.get_untracked() == TICKED;
    let choose = move |ticked: bool| chosen.autostart.set(if ticked { TICKED.to_owned() } else { String::new() });
    view! {
        <label class="check">
            <input
                type="checkbox"
                name="order[autostart]"
                value=TICKED
                checked=ticked
                on:change:target=move |event| choose(event.target().checked())
            />
            {t!("new-autostart")}
        </label>
    }
}

/// What the order takes of what is left, or why it cannot be had.
#[component]
fn Takes(chosen: Chosen, obstacle: Memo<Option<String>>) -> impl IntoView {
    let sentence = move || obstacle.get().unwrap_or_else(|| sentence(chosen));
    view! { <p class="sub takes" role="status">{sentence}</p> }
}

fn sentence(chosen: Chosen) -> String {
    let Ok(order) = chosen.form().parse() else { return t!("new-not-numbers") };
    let left = chosen.left.get();
    let nodes = u64::try_from(order.nodes).unwrap_or(0);
    let mib = nodes.saturating_mul(u64::try_from(order.resources.memory_mib).unwrap_or(0));
    // Far below 2^53.
    let cpus = order.resources.cpus * nodes as f64;
    let takes = t!(
        "new-takes",
        nodes = nodes,
        nodes_left = left.nodes,
        cpus = number(cpus),
        cpus_left = number(left.cpus),
        memory = memory(mib),
        memory_left = memory(left.memory_mib),
    );
    let too_much = nodes > u64::from(left.nodes) || cpus > left.cpus || mib > left.memory_mib;
    if too_much { t!("new-takes-too-much", takes = takes) } else { takes }
}

/// Everything chosen, as far as the limits allow; what the address says counts more.
fn suggestion() -> OrderForm {
    let live = use_live();
    let chance = live.chance();
    let (nodes, size) = nodes_and_size(untrack(|| left(live.limits(), live.usage())));
    let name = name(chance, |name| untrack(|| live.is_named(name)));
    filled(name, live.base_image(), nodes, size, format!("form-{chance}"))
        .with_address(&use_query_map().get_untracked())
}

/// The rules of names are the same here as on the server; a fault is said while one types.
fn name_fault(chosen: Chosen, problem: Signal<Option<Problem>>) -> Signal<Option<Said>> {
    let live = use_live();
    let suggested = chosen.name.get_untracked();
    let sent = fault_of(problem, "name");
    Signal::derive(move || {
        let name = chosen.name.get();
        // What was sent is judged by the server until it is changed.
        if name == suggested {
            return sent.get();
        }
        match name.trim().parse::<VclusterName>() {
            Err(fault) => Some(of_server(fault.message)),
            Ok(_) if live.is_named(name.trim()) => Some(ours(t!("new-name-taken"))),
            Ok(_) => None,
        }
    })
}
