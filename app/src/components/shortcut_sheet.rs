//! All shortcuts at a glance.

use catalogue::t;
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::icon::{Glyph, Icon};
use crate::{contexts::shortcuts::use_shortcuts, palette::keys::Shortcut};

#[component]
pub(crate) fn ShortcutSheet() -> impl IntoView {
    let open = use_shortcuts().sheet;
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if open.get() {
            // Fails only for a dialog that is open already.
            let _ = dialog.show_modal();
        } else {
            dialog.close();
        }
    });
    view! {
        <dialog
            node_ref=dialog
            class="dialog shortcut-sheet"
            aria-labelledby="shortcut-sheet-title"
            on:close=move |_| open.set(false)
            on:click=move |event| {
                if event.target().is_some_and(|target| target.dyn_ref::<web_sys::HtmlDialogElement>().is_some()) {
                    open.set(false);
                }
            }
        >
            {move || open.get().then(|| view! { <Inside open=open/> })}
        </dialog>
    }
    .into_any()
}

#[component]
fn Inside(open: RwSignal<bool>) -> impl IntoView {
    view! {
        <div class="dialog-body">
            <header class="dialog-head">
                <h2 id="shortcut-sheet-title">{t!("palette-shortcuts")}</h2>
                <button
                    type="button"
                    class="button is-ghost is-small is-square"
                    aria-label=t!("common-close")
                    on:click=move |_| open.set(false)
                >
                    <Glyph icon=Icon::Close/>
                </button>
            </header>
            <div class="dialog-content">
                <ShortcutTable/>
                <p class="sub">{t!("palette-sheet-text")}</p>
            </div>
        </div>
    }
}

/// The shortcuts by where they work; on the help page, too.
#[component]
pub(crate) fn ShortcutTable() -> impl IntoView {
    let lines = |of_vcluster: bool| {
        let shortcuts = Shortcut::ALL.into_iter().filter(move |shortcut| shortcut.is_of_vcluster() == of_vcluster);
        shortcuts
            .map(|shortcut| view! { <div><dt>{meaning(shortcut)}</dt><dd><Keys shortcut=shortcut/></dd></div> })
            .collect_view()
    };
    view! {
        <div class="shortcuts">
            <section>
                <h3>{t!("palette-sheet-anywhere")}</h3>
                <dl>{lines(false)}</dl>
            </section>
            <section>
                <h3>{t!("palette-sheet-vcluster")}</h3>
                <dl>{lines(true)}</dl>
            </section>
        </div>
    }
}

#[component]
fn Keys(shortcut: Shortcut) -> impl IntoView {
    let keys = shortcut.keys().iter().enumerate().map(|(nth, key)| {
        let then = (nth > 0).then(|| view! { <span class="sub">{t!("palette-then")}</span> });
        view! { {then} <kbd>{*key}</kbd> }
    });
    let also = (shortcut == Shortcut::Palette).then(|| {
        view! { <kbd>"Ctrl"</kbd> <kbd>"K"</kbd> <span class="sub">{t!("palette-or")}</span> }
    });
    view! { {also} {keys.collect_view()} }
}

fn meaning(shortcut: Shortcut) -> String {
    match shortcut {
        Shortcut::Palette => t!("palette-sheet-palette"),
        Shortcut::Sheet => t!("palette-sheet-sheet"),
        Shortcut::New => t!("palette-sheet-new"),
        Shortcut::Home => t!("palette-sheet-home"),
        Shortcut::Jobs => t!("palette-sheet-jobs"),
        Shortcut::Terminals => t!("palette-sheet-terminals"),
        Shortcut::Profile => t!("palette-sheet-profile"),
        Shortcut::Help => t!("palette-sheet-help"),
        Shortcut::Overview => t!("palette-sheet-overview"),
        Shortcut::Shells => t!("palette-sheet-shells"),
        Shortcut::Apps => t!("palette-sheet-apps"),
        Shortcut::Activity => t!("palette-sheet-activity"),
    }
}
