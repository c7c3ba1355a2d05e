//! Doing what was chosen.

use catalogue::Language;
use leptos::{html, prelude::*, server_fn::ServerFn};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::JsCast;

use crate::{
    api::{
        session::SignOut,
        vclusters::{Act, QuickCreate},
    },
    contexts::{
        actions::{Actions, use_actions},
        shortcuts::use_shortcuts,
        theme::{ThemeContext, use_theme},
    },
    palette::commands::Does,
};

type Navigate = Box<dyn Fn(&str) + Send + Sync>;

#[derive(Clone, Copy)]
pub(super) struct Runner {
    pub(super) open: RwSignal<bool>,
    sheet: RwSignal<bool>,
    actions: Actions,
    theme: ThemeContext,
    navigate: StoredValue<Navigate>,
    sign_out: NodeRef<html::Form>,
}

impl Runner {
    pub(super) fn new(open: RwSignal<bool>) -> Self {
        let navigate = use_navigate();
        Self {
            open,
            sheet: use_shortcuts().sheet,
            actions: use_actions(),
            theme: use_theme(),
            navigate: StoredValue::new(Box::new(move |address| navigate(address, NavigateOptions::default()))),
            sign_out: NodeRef::new(),
        }
    }

    /// Closes the palette first: what comes may take the focus.
    pub(super) fn run(self, does: &Does) {
        self.open.set(false);
        match does {
            Does::Go(address) => self.navigate.with_value(|navigate| navigate(address)),
            Does::Open(address) => open_tab(address),
            Does::Act(id, verb) => {
                self.actions.act.dispatch(Act { id: id.clone(), verb: *verb });
            }
            Does::QuickCreate => {
                self.actions.quick_create.dispatch(QuickCreate {});
            }
            Does::Theme(theme) => self.theme.choose(*theme),
            Does::Language(language) => speak(*language),
            Does::Sheet => self.sheet.set(true),
            Does::SignOut => {
                if let Some(form) = self.sign_out.get_untracked() {
                    // A form of this document with nothing to fill in can be sent.
                    let _ = form.submit();
                }
            }
        }
    }

    /// A plain form on purpose: a page that is loaded anew keeps nothing of the session.
    pub(super) fn sign_out_form(self) -> impl IntoView + use<> {
        view! { <form method="post" action=SignOut::url() node_ref=self.sign_out hidden></form> }
    }
}

/// A page speaks one language for as long as it lives: it is loaded anew.
fn speak(language: Language) {
    if let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() {
        // A browser that takes no cookies keeps the language it asks for itself.
        let _ = document.set_cookie(&language.cookie());
    }
    // Reloading is refused to no page.
    let _ = location().reload();
}

fn open_tab(address: &str) {
    // Where the browser forbids it, it says so itself.
    let _ = window().open_with_url_and_target_and_features(address, "_blank", "noopener");
}
