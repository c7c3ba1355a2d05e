//! A page in front of another one: a native dialog with a URL of its own.
//!
//! The server renders it open, so it works without script; with the script it becomes modal: focus stays inside, Escape
//! and a click beside it lead back.

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
