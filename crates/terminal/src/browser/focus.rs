//! Moving the keyboard's focus, and opening dialogs, which take it.

use leptos::ev::FocusEvent;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement, HtmlElement, HtmlInputElement, Node};

pub(crate) fn focus(element: &impl AsRef<HtmlElement>) {
    // Fails only for what is not in the page any more.
    let _ = element.as_ref().focus();
}

pub(crate) fn focus_id(id: &str) {
    if let Some(element) = element_by_id(id) {
        focus(&element);
    }
}

/// Scrolls a row of tabs until this one is seen, once it is drawn. Leaves the page itself where it is.
pub(crate) fn reveal(tab: String) {
    leptos::prelude::request_animation_frame(move || {
        let Some(tab) = element_by_id(&tab).and_then(|name| name.parent_element()) else { return };
        let Some(row) = tab.parent_element() else { return };
        let (tab, seen) = (tab.get_bounding_client_rect(), row.get_bounding_client_rect());
        let beyond = (tab.right() - seen.right()).max(0.0) + (tab.left() - seen.left()).min(0.0);
        row.set_scroll_left(row.scroll_left() + beyond as i32);
    });
}

/// Moves the focus among the buttons inside: 1 to the next, -1 to the one before, 0 to the first.
pub(crate) fn focus_step(list: &impl AsRef<Element>, by: i32) {
    let buttons = buttons(list.as_ref());
    let active = web_sys::window().and_then(|window| window.document()).and_then(|document| document.active_element());
    let at = buttons.iter().position(|button| Some(button.as_ref()) == active.as_ref());
    let next = match (at, by) {
        (Some(at), 1) => (at + 1) % buttons.len(),
        (Some(at), -1) => (at + buttons.len() - 1) % buttons.len(),
        _ => 0,
    };
    if let Some(button) = buttons.get(next) {
        focus(button);
    }
}

/// Puts the cursor into an input, with its text selected.
pub(crate) fn select(input: &HtmlInputElement) {
    focus(input);
    input.select();
}

/// Whether the focus only moves within the element that listens.
pub(crate) fn stays_inside(event: &FocusEvent) -> bool {
    let to = event.related_target().and_then(|target| target.dyn_into::<Node>().ok());
    let within = event.current_target().and_then(|target| target.dyn_into::<Node>().ok());
    within.is_some_and(|within| within.contains(to.as_ref()))
}

/// Opens a dialog over the page, or closes it. Its main button gets the focus once it is drawn.
pub(crate) fn show_dialog(dialog: &HtmlDialogElement, open: bool) {
    match (open, dialog.open()) {
        (true, false) => {
            // Fails only for what is not in the page any more.
            let _ = dialog.show_modal();
            let dialog = dialog.clone();
            leptos::prelude::request_animation_frame(move || {
                let main = dialog.query_selector("[autofocus]").ok().flatten();
                if let Some(main) = main.and_then(|main| main.dyn_into::<HtmlElement>().ok()) {
                    focus(&main);
                }
            });
        }
        (false, true) => dialog.close(),
        _ => {}
    }
}

fn element_by_id(id: &str) -> Option<HtmlElement> {
    web_sys::window()?.document()?.get_element_by_id(id)?.dyn_into().ok()
}

fn buttons(list: &Element) -> Vec<HtmlElement> {
    let Ok(found) = list.query_selector_all("button:not([disabled])") else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.get(at)?.dyn_into().ok()).collect()
}
