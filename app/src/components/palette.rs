//! The command palette: a field, and below it what fits. Keys choose and run; the field keeps the focus all the while.

mod list;
mod run;

use catalogue::t;
use leptos::{ev::KeyboardEvent, html, prelude::*};
use wasm_bindgen::JsCast;
use wire::app::App;

use self::{list::Results, run::Runner};
use super::icon::{Glyph, Icon};
use crate::{
    contexts::{live::use_live, shortcuts::use_shortcuts},
    layouts::signed_in::Me,
    palette::commands::{Found, Known, commands, find},
};

/// What is found now, and which of it is chosen.
#[derive(Debug, Clone, Copy)]
struct Choice {
    query: RwSignal<String>,
    found: Memo<Vec<Found>>,
    chosen: RwSignal<usize>,
}

impl Choice {
    fn step(self, by: isize) {
        let count = self.found.with_untracked(Vec::len);
        if let Some(next) = self.chosen.get_untracked().checked_add_signed(by).filter(|next| *next < count) {
            self.chosen.set(next);
        } else if count > 0 {
            // Around the ends.
            self.chosen.set(if by < 0 { count - 1 } else { 0 });
        }
    }

    fn now(self) -> Option<Found> {
        self.found.with_untracked(|found| found.get(self.chosen.get_untracked()).cloned())
    }
}

/// Is there on every page for signed-in people; its list is made only while it is open.
#[component]
pub(crate) fn CommandPalette() -> impl IntoView {
    let shortcuts = use_shortcuts();
    let open = shortcuts.palette;
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if open.get() {
            shortcuts.read_apps();
            // Fails only for a dialog that is open already.
            let _ = dialog.show_modal();
        } else {
            dialog.close();
        }
    });
    let known_apps = Signal::derive(move || shortcuts.apps());
    let runner = Runner::new(open);
    view! {
        <dialog
            node_ref=dialog
            class="palette"
            aria-label=t!("palette-title")
            on:close=move |_| open.set(false)
            on:click=move |event| {
                // Only the dialog element itself is hit beside its content: that is the backdrop.
                if event.target().is_some_and(|target| target.dyn_ref::<web_sys::HtmlDialogElement>().is_some()) {
                    open.set(false);
                }
            }
        >
            {move || open.get().then(|| view! { <Inside apps=known_apps runner=runner/> })}
        </dialog>
        {runner.sign_out_form()}
    }
    .into_any()
}

#[component]
fn Inside(apps: Signal<Vec<App>>, runner: Runner) -> impl IntoView {
    let choice = choice(apps);
    let count = move || choice.found.with(Vec::len);
    let active = move || (count() > 0).then(|| list::id(choice.chosen.get()));
    let keys = move |event: KeyboardEvent| {
        match event.key().as_str() {
            "ArrowDown" => choice.step(1),
            "ArrowUp" => choice.step(-1),
            "Enter" if !event.is_composing() => {
                if let Some(found) = choice.now() {
                    runner.run(&found.command.does);
                }
            }
            "k" if event.ctrl_key() || event.meta_key() => runner.open.set(false),
            _ => return,
        }
        event.prevent_default();
    };
    let field = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            // An element of this document can be focused.
            let _ = field.focus();
        }
    });
    view! {
        <div class="palette-field">
            <Glyph icon=Icon::Search/>
            <input
                node_ref=field
                type="text"
                role="combobox"
                aria-label=t!("palette-open")
                aria-expanded="true"
                aria-autocomplete="list"
                aria-controls=list::ID
                aria-activedescendant=active
                placeholder=t!("palette-hint")
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                on:input:target=move |event| {
                    choice.query.set(event.target().value());
                    choice.chosen.set(0);
                }
                on:keydown=keys
            />
        </div>
        <Results choice=choice runner=runner/>
        <p class="visually-hidden" role="status">{move || t!("palette-count", n = count())}</p>
        <p class="palette-keys" aria-hidden="true">
            <kbd>"↑"</kbd><kbd>"↓"</kbd>{t!("palette-keys-choose")}
            <kbd>"↵"</kbd>{t!("palette-keys-run")}
            <kbd>"Esc"</kbd>{t!("palette-keys-leave")}
        </p>
    }
}

fn choice(apps: Signal<Vec<App>>) -> Choice {
    let live = use_live();
    let is_admin = expect_context::<Me>().role == domain::user::Role::Admin;
    let query = RwSignal::new(String::new());
    let all = Memo::new(move |_| {
        let vclusters = live.vclusters();
        apps.with(|apps| commands(Known { vclusters: &vclusters, apps, is_admin }))
    });
    let found = Memo::new(move |_| all.with(|all| query.with(|query| find(query, all.clone()))));
    Choice { query, found, chosen: RwSignal::new(0) }
}
