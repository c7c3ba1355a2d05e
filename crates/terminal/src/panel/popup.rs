//! A button with a menu: opens below it, closes by Escape, by choosing, and when the focus leaves. Knows no entry.

use leptos::ev::{FocusEvent, KeyboardEvent};
use leptos::{html, prelude::*};

use super::icon::{Glyph, Icon};
use crate::runtime;

/// `open`: whether the menu is there; the entries close it. `press`: what the button does.
#[component]
pub(crate) fn Popup(
    name: String,
    icon: Icon,
    open: RwSignal<bool>,
    #[prop(into)] disabled: Signal<bool>,
    press: Callback<()>,
    children: Children,
) -> impl IntoView {
    let (button, list) = (NodeRef::<html::Button>::new(), NodeRef::<html::Ul>::new());
    Effect::new(move |_| {
        if let Some(list) = list.get().filter(|_| open.get()) {
            runtime::focus_step(&list, 0);
        }
    });
    let leave = move |event: FocusEvent| {
        if !runtime::stays_inside(&event) {
            open.set(false);
        }
    };
    let walk = move |event: KeyboardEvent| walk(open, button, list, &event);
    view! {
        <div class="terminal__popup" on:focusout=leave on:keydown=walk>
            <button type="button" class="terminal__tool" aria-label=name.clone() title=name.clone() aria-haspopup="menu" node_ref=button
                aria-expanded=move || open.get().to_string() disabled=disabled on:click=move |_| press.run(())>
                <Glyph icon/>
            </button>
            // Safari does not focus what is clicked; without this the menu would be gone before the click.
            <ul class="terminal__menu" role="menu" aria-label=name node_ref=list hidden=move || !open.get()
                on:mousedown=|event| event.prevent_default()>
                {children()}
            </ul>
        </div>
    }
}

fn walk(open: RwSignal<bool>, button: NodeRef<html::Button>, list: NodeRef<html::Ul>, event: &KeyboardEvent) {
    let Some(list) = list.get_untracked().filter(|_| open.get_untracked()) else { return };
    match event.key().as_str() {
        "Escape" => {
            open.set(false);
            if let Some(button) = button.get_untracked() {
                runtime::focus(&button);
            }
        }
        "ArrowDown" => runtime::focus_step(&list, 1),
        "ArrowUp" => runtime::focus_step(&list, -1),
        _ => return,
    }
    event.prevent_default();
}
