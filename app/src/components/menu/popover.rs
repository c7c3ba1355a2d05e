//! How a menu's popover stands and is moved in. Only events call this, so only the browser runs it.

use leptos::{
    ev::{KeyboardEvent, MouseEvent},
    html,
    prelude::*,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement};

const ITEMS: &str = "a[href]:not([hidden]), button:not([disabled])";

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Popover {
    pub(super) opener: NodeRef<html::Button>,
    pub(super) panel: NodeRef<html::Div>,
}

impl Popover {
    /// Below the button and aligned to its end; above it where there is no room below.
    pub(super) fn place(self) {
        let (Some(opener), Some(panel)) = (self.opener.get_untracked(), self.panel.get_untracked()) else { return };
        let rect = opener.get_bounding_client_rect();
        let (width, height) = (length(window().inner_width()), length(window().inner_height()));
        let vertical = if rect.bottom() > height * 0.6 {
            format!("bottom:{}px", height - rect.top() + 4.0)
        } else {
            format!("top:{}px", rect.bottom() + 4.0)
        };
        let horizontal = if rect.right() > width * 0.5 {
            format!("right:{}px", width - rect.right())
        } else {
            format!("left:{}px", rect.left())
        };
        // On small screens the style sheet overrules this: there it is a sheet at the bottom.
        let _ = panel.set_attribute("style", &format!("inset:auto;{vertical};{horizontal}"));
    }

    /// From the button into the menu, by the arrow that points there.
    pub(super) fn enter(self, event: &KeyboardEvent) {
        let Some(panel) = self.panel.get_untracked().filter(|_| event.key() == "ArrowDown") else { return };
        event.prevent_default();
        self.place();
        // Fails when it is shown already, which is as good.
        let _ = panel.show_popover();
        focus(items(&panel).first());
    }

    /// Up and down in the menu, around its ends.
    pub(super) fn step(self, event: &KeyboardEvent) {
        let Some(panel) = self.panel.get_untracked() else { return };
        let items = items(&panel);
        let focused = document().active_element();
        // In a field, these keys are the field's.
        if focused.as_ref().is_some_and(|focused| focused.tag_name() == "INPUT") {
            return;
        }
        let is_focused =
            |item: &HtmlElement| focused.as_ref().is_some_and(|focused| focused == item.unchecked_ref::<Element>());
        let last = items.len().saturating_sub(1);
        let at = items.iter().position(is_focused);
        let next = match (event.key().as_str(), at) {
            ("ArrowDown", Some(at)) if at < last => at + 1,
            ("ArrowUp", Some(at)) if at > 0 => at - 1,
            ("ArrowDown" | "Home", _) => 0,
            ("ArrowUp" | "End", _) => last,
            _ => return,
        };
        event.prevent_default();
        focus(items.get(next));
    }

    /// A link was followed: the page stays, so the menu must go by itself.
    pub(super) fn follow(self, event: &MouseEvent) {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        if target.and_then(|target| target.closest("a[href]").ok().flatten()).is_some() {
            self.close();
        }
    }

    pub(super) fn close(self) {
        if let Some(panel) = self.panel.get_untracked() {
            // Hiding what is hidden is the only way this fails.
            let _ = panel.hide_popover();
        }
    }
}

fn length(value: Result<JsValue, JsValue>) -> f64 {
    value.ok().and_then(|value| value.as_f64()).unwrap_or_default()
}

fn items(panel: &HtmlElement) -> Vec<HtmlElement> {
    let Ok(items) = panel.query_selector_all(ITEMS) else { return Vec::new() };
    (0..items.length()).filter_map(|index| items.item(index)?.dyn_into().ok()).collect()
}

fn focus(item: Option<&HtmlElement>) {
    if let Some(item) = item {
        // An element of this document can be focused.
        let _ = item.focus();
    }
}
