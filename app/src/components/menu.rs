//! A button with a menu: a native popover, so Escape, a click elsewhere and the keyboard work before and without our
//! script, and nothing clips it. With the script it stands beside its button, and arrow keys move in it.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

const ITEMS: &str = "a[href], button:not([disabled]), input:not([type=hidden])";

/// The menu's own children are `MenuItem`-like: links, or forms with one button.
#[component]
pub(crate) fn Menu(
    /// Unique in the page.
    #[prop(into)]
    id: String,
    /// What a screen reader says for the button.
    #[prop(into)]
    label: Signal<String>,
    /// The button's classes.
    #[prop(into)]
    class: String,
    /// What is in the button.
    #[prop(into)]
    button: ViewFn,
    children: Children,
) -> impl IntoView {
    let opener = NodeRef::<html::Button>::new();
    let panel = NodeRef::<html::Div>::new();
    let place = move |_| {
        if let (Some(opener), Some(panel)) = (opener.get_untracked(), panel.get_untracked()) {
            stand_beside(&opener, &panel);
        }
    };
    let close = move || {
        if let Some(panel) = panel.get_untracked() {
            // Hiding what is hidden is the only way this fails.
            let _ = panel.hide_popover();
        }
    };
    view! {
        <button
            node_ref=opener
            type="button"
            class=class
            popovertarget=id.clone()
            aria-label=move || label.get()
            title=move || label.get()
            on:click=place
        >
            {button.run()}
        </button>
        <div
            node_ref=panel
            id=id
            class="menu"
            popover="auto"
            on:keydown=move |event| move_within(&event, panel)
            on:submit=move |_| close()
            on:click=move |event| if leads_elsewhere(&event) { close(); }
        >
            {children()}
        </div>
    }
}

/// Below the button and aligned to its end; above it where there is no room below.
fn stand_beside(opener: &HtmlElement, panel: &HtmlElement) {
    let rect = opener.get_bounding_client_rect();
    let size = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|v| v.as_f64()).unwrap_or_default();
    let (width, height) = (size(window().inner_width()), size(window().inner_height()));
    let above = rect.bottom() > height * 0.6;
    let leftwards = rect.right() > width * 0.5;
    let vertical = if above {
        format!("bottom:{}px", height - rect.top() + 4.0)
    } else {
        format!("top:{}px", rect.bottom() + 4.0)
    };
    let horizontal =
        if leftwards { format!("right:{}px", width - rect.right()) } else { format!("left:{}px", rect.left()) };
    // The class keeps its sheet form on small screens, where the style sheet overrules these.
    let _ = panel.set_attribute("style", &format!("inset:auto;{vertical};{horizontal}"));
}

/// A link was followed: the page stays, so the menu must go by itself.
fn leads_elsewhere(event: &leptos::ev::MouseEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.and_then(|target| target.closest("a[href]").ok().flatten()).is_some()
}

fn move_within(event: &KeyboardEvent, panel: NodeRef<html::Div>) {
    let step = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        _ => return,
    };
    let Some(panel) = panel.get_untracked() else { return };
    let Ok(items) = panel.query_selector_all(ITEMS) else { return };
    let items: Vec<HtmlElement> = (0..items.length()).filter_map(|i| items.item(i)?.dyn_into().ok()).collect();
    let focused = document().active_element();
    let at = items
        .iter()
        .position(|item| focused.as_ref().is_some_and(|focused| focused == item.as_ref() as &web_sys::Element));
    let count = i32::try_from(items.len()).unwrap_or_default();
    if count == 0 {
        return;
    }
    let next = at
        .and_then(|at| i32::try_from(at).ok())
        .map_or(if step > 0 { 0 } else { count - 1 }, |at| (at + step).rem_euclid(count));
    if let Some(item) = usize::try_from(next).ok().and_then(|next| items.get(next)) {
        // An element of this document can be focused.
        let _ = item.focus();
        event.prevent_default();
    }
}
