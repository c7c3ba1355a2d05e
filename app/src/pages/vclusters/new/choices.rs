//! Image, number of nodes and size, as choices with everything they mean. What does not fit cannot be chosen and says why.

use catalogue::t;
use domain::vcluster::MOST_NODES;
use leptos::prelude::*;

use super::{JUPYTER, TERMINAL, form::Chosen};
use crate::{
    components::{
        field::Fault,
        hexagons::Preview,
        icon::{Glyph, Icon},
    },
    contexts::live::use_live,
    defaults::{OWN_IMAGE, Size, fitting},
    pages::{
        allowed_images::AllowedImages,
        vclusters::order::{CUSTOM_SIZE, OTHER_IMAGE},
    },
    wording::{
        amount::{cpus, memory},
        problem::Said,
    },
};

/// One of several, as a card.
#[component]
fn Choice(
    name: &'static str,
    #[prop(into)] value: String,
    chosen: RwSignal<String>,
    icon: Icon,
    #[prop(into)] label: String,
    #[prop(into)] meaning: Signal<String>,
    #[prop(optional, into)] disabled: Signal<bool>,
) -> impl IntoView {
    let checked = chosen.get_untracked() == value;
    view! {
        <label class="option">
            <input
                type="radio"
                name=name
                value=value.clone()
                checked=checked
                disabled=disabled
                on:change=move |_| chosen.set(value.clone())
            />
            <span class="option-label"><Glyph icon=icon/> {label}</span>
            <small>{move || meaning.get()}</small>
        </label>
    }
}

/// What opens once it runs.
#[component]
pub(super) fn ThenChoice(then: RwSignal<String>) -> impl IntoView {
    view! {
        <fieldset class="field">
            <legend>{t!("new-then")}</legend>
            <div class="options is-two">
                <Choice
                    name="then"
                    value=TERMINAL
                    chosen=then
                    icon=Icon::Terminal
                    label=t!("new-then-terminal")
                    meaning=t!("new-then-terminal-meaning")
                />
                <Choice
                    name="then"
                    value=JUPYTER
                    chosen=then
                    icon=Icon::Jupyter
                    label=t!("new-then-jupyter")
                    meaning=t!("new-then-jupyter-meaning")
                />
            </div>
        </fieldset>
    }
}

#[component]
pub(super) fn ImageChoice(chosen: Chosen, fault: Signal<Option<Said>>) -> impl IntoView {
    let base = use_live().base_image();
    let meaning = if base == OWN_IMAGE { t!("new-image-base") } else { t!("new-image-offered") };
    view! {
        <fieldset class="field">
            <legend>{t!("new-image")}</legend>
            <div class="options is-two">
                <Choice
                    name="order[image]"
                    value=base.clone()
                    chosen=chosen.image
                    icon=Icon::Layers
                    label=base
                    meaning=meaning
                />
                <Choice
                    name="order[image]"
                    value=OTHER_IMAGE
                    chosen=chosen.image
                    icon=Icon::Custom
                    label=t!("new-image-other")
                    meaning=t!("new-image-other-meaning")
                />
            </div>
            <div class="when-other">
                <label class="visually-hidden" for="new-other-image">{t!("new-image-name")}</label>
                <input
                    id="new-other-image"
                    class="input mono"
                    list="new-listed-images"
                    name="order[other_image]"
                    placeholder="debian:bookworm"
                    value=chosen.other_image.get_untracked()
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength="300"
                    aria-invalid=move || fault.get().is_some().then_some("true")
                    aria-describedby="new-image-about new-image-fault"
                    on:input:target=move |event| chosen.other_image.set(event.target().value())
                />
                <AllowedImages/>
            </div>
            <Fault name="new-image" fault=fault/>
        </fieldset>
    }
}

#[component]
pub(super) fn NodesChoice(chosen: Chosen, fault: Signal<Option<Said>>) -> impl IntoView {
    let count = move || chosen.nodes.with(|nodes| nodes.trim().parse::<i64>().unwrap_or(0));
    let fits = Memo::new(move |_| {
        let order = chosen.form().parse();
        i64::from(order.map_or(MOST_NODES, |order| fitting(order.resources, chosen.left.get())))
    });
    let at_least = move || count() <= 1;
    let at_most = move || count() >= fits.get();
    let step = move |by: i64| {
        let next = (untrack(count) + by).clamp(1, i64::from(MOST_NODES));
        chosen.nodes.set(next.to_string());
    };
    let shown = Signal::derive(move || u8::try_from(count().clamp(0, i64::from(MOST_NODES))).unwrap_or(0));
    view! {
        <div class="field nodes-choice">
            <label for="new-nodes">{t!("new-nodes")}</label>
            <div class="stepper">
                <button type="button" aria-label=t!("new-node-less") disabled=at_least on:click=move |_| step(-1)>
                    <Glyph icon=Icon::Minus/>
                </button>
                <input
                    id="new-nodes"
                    name="order[nodes]"
                    inputmode="numeric"
                    autocomplete="off"
                    maxlength="12"
                    value=chosen.nodes.get_untracked()
                    prop:value=move || chosen.nodes.get()
                    aria-invalid=move || fault.get().is_some().then_some("true")
                    aria-describedby="new-nodes-fault"
                    on:input:target=move |event| chosen.nodes.set(event.target().value())
                />
                <button type="button" aria-label=t!("new-node-more") disabled=at_most on:click=move |_| step(1)>
                    <Glyph icon=Icon::Plus/>
                </button>
            </div>
            <Preview nodes=shown/>
            <Fault name="new-nodes" fault=fault/>
        </div>
    }
}

/// Whether not even one node of this size is left, and what it means.
fn size_card(chosen: Chosen, size: Size) -> (Signal<bool>, Signal<String>) {
    let each = size.resources();
    let mib = u64::try_from(each.memory_mib).unwrap_or_default();
    let text = format!("{}\n{}", cpus(each.cpus), memory(mib));
    let none = Memo::new(move |_| fitting(each, chosen.left.get()) == 0);
    let meaning =
        Signal::derive(move || if none.get() { format!("{text}\n{}", t!("new-size-too-much")) } else { text.clone() });
    (none.into(), meaning)
}

#[component]
pub(super) fn SizeChoice(chosen: Chosen, cpus: Signal<Option<Said>>, memory: Signal<Option<Said>>) -> impl IntoView {
    let sizes = Size::ALL.map(|size| {
        let (none, meaning) = size_card(chosen, size);
        let label = size.label();
        view! {
            <Choice
                name="order[size]"
                value=size.as_str()
                chosen=chosen.size
                icon=Icon::Cpu
                label=label
                meaning=meaning
                disabled=none
            />
        }
    });
    view! {
        <fieldset class="field">
            <legend>{t!("new-size")}</legend>
            <div class="options is-four">
                {sizes}
                <Choice
                    name="order[size]"
                    value=CUSTOM_SIZE
                    chosen=chosen.size
                    icon=Icon::Custom
                    label=t!("new-size-custom")
                    meaning=t!("new-size-custom-meaning")
                />
            </div>
            <div class="when-custom form-pair">
                <Number id="new-cpus" name="order[cpus]" label=t!("new-cpus") value=chosen.cpus fault=cpus/>
                <Number id="new-memory" name="order[memory_mib]" label=t!("new-memory") value=chosen.memory_mib fault=memory/>
            </div>
            // A size that was not typed can be too much, too.
            <Fault name="new-cpus" fault=cpus/>
            <Fault name="new-memory" fault=memory/>
        </fieldset>
    }
}

#[component]
fn Number(
    id: &'static str,
    name: &'static str,
    #[prop(into)] label: String,
    value: RwSignal<String>,
    fault: Signal<Option<Said>>,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                name=name
                class="input"
                inputmode="decimal"
                autocomplete="off"
                maxlength="12"
                value=value.get_untracked()
                aria-invalid=move || fault.get().is_some().then_some("true")
                aria-describedby=format!("{id}-fault")
                on:input:target=move |event| value.set(event.target().value())
            />
        </div>
    }
}
