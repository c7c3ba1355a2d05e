//! A page in front of another one: a native dialog with a URL of its own.
//!
//! The server renders it open, so it works without script; with the script it becomes modal: focus stays inside, Escape
//! and a click beside it lead back, and what opened it has the focus again.

use catalogue::t;
use leptos::{html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::JsCast;

use super::icon::{Glyph, Icon};

#[component]
pub(crate) fn RouteDialog(
    /// Unique in the page; names the title element, too.
    id: &'static str,
    #[prop(into)] title: Signal<String>,
    /// A word beside the title.
    #[prop(optional, into)]
    hint: Signal<String>,
    /// Where closing it leads.
    #[prop(into)]
    back: Signal<String>,
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let navigate = use_navigate();
    let leave = move || {
        close(dialog);
        navigate(&back.get_untracked(), NavigateOptions { scroll: false, ..Default::default() });
    };
    let leave_beside = leave.clone();
    become_modal(dialog);
    let title_id = format!("{id}-title");
    let labelled_by = title_id.clone();
    view! {
        <dialog
            node_ref=dialog
            id=id
            class="dialog"
            open
            aria-labelledby=labelled_by
            on:cancel=move |event: web_sys::Event| {
                event.prevent_default();
                leave();
            }
            on:click=move |event| {
                // Only the dialog element itself is hit beside its content: that is the backdrop.
                let beside = event.target().is_some_and(|target| target.dyn_ref::<web_sys::HtmlDialogElement>().is_some());
                if beside {
                    leave_beside();
                } else if leads_away(&event) {
                    close(dialog);
                }
            }
        >
            <div class="dialog-body">
                <header class="dialog-head">
                    <h2 id=title_id>{move || title.get()}</h2>
                    <p class="sub">{move || hint.get()}</p>
                    <a class="button is-ghost is-small is-square" href=move || back.get() aria-label=t!("common-close")>
                        <Glyph icon=Icon::Close/>
                    </a>
                </header>
                {children()}
            </div>
        </dialog>
    }
}

/// What the server rendered open is opened again as modal: only then the browser keeps focus in it.
fn become_modal(dialog: NodeRef<html::Dialog>) {
    Effect::new(move |_| {
        let Some(element) = dialog.get() else { return };
        element.set_open(false);
        // Fails only for a dialog that is not in the page or is open: it is neither.
        let _ = element.show_modal();
    });
}

/// The browser gives the focus back only where a dialog is closed, not where it is taken out of the page.
fn close(dialog: NodeRef<html::Dialog>) {
    if let Some(element) = dialog.get_untracked() {
        element.close();
    }
}

/// A link was pressed, and its page opens here instead of in another tab.
fn leads_away(event: &web_sys::MouseEvent) -> bool {
    let elsewhere = event.alt_key() || event.ctrl_key() || event.meta_key() || event.shift_key();
    let hit = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let on_link = hit.is_some_and(|hit| matches!(hit.closest("a[href]:not([target])"), Ok(Some(_))));
    on_link && !elsewhere && event.button() == 0
}
