//! The languages there are. A plain form on purpose: the page is loaded anew in the other language, with or without script.

use catalogue::{Language, language, t};
use leptos::{prelude::*, server_fn::ServerFn};

use crate::api::session::ChooseLanguage;

#[component]
pub(crate) fn LanguageSwitch() -> impl IntoView {
    let chosen = language();
    let choice = move |language: Language| {
        view! {
            <button
                type="submit"
                name="language"
                value=language.tag()
                class="choice"
                lang=language.tag()
                aria-pressed=if chosen == language { "true" } else { "false" }
            >
                {language.name()}
            </button>
        }
    };
    view! {
        <form method="post" action=ChooseLanguage::url() class="theme-switch language-switch" role="group" aria-label=t!("chrome-language")>
            {Language::ALL.map(choice)}
        </form>
    }
}
