//! Confirming a sign-in on a page of its own: where a form leads that needs a fresh one.

use catalogue::t;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    components::Redirect,
    hooks::{use_navigate, use_query_map},
};

use crate::{
    api::session::{Confirm, read_ways_to_confirm},
    components::{
        confirm_form::{self, ConfirmForm},
        language_switch::LanguageSwitch,
        problem_note::ProblemNote,
    },
    layouts::plain::Plain,
    routes,
};

#[component]
pub(crate) fn ConfirmPage() -> impl IntoView {
    let confirm = ServerAction::<Confirm>::new();
    let answers = confirm_form::answers(confirm);
    let query = use_query_map().get_untracked();
    let next = routes::safe_next(&query.get("next").unwrap_or_default()).to_owned();
    let ways = Resource::new_blocking(|| (), |()| read_ways_to_confirm());
    let navigate = use_navigate();
    let onward = next.clone();
    Effect::new(move |_| {
        if let Some(Ok(())) = confirm.value().get() {
            // The way back does not lead to a form that is done.
            navigate(&onward, NavigateOptions { replace: true, ..Default::default() });
        }
    });
    view! {
        <Title text=t!("common-page-title", page = t!("confirm-title"))/>
        <Plain>
            <h1>{t!("confirm-title")}</h1>
            <p class="sub">{t!("confirm-about")}</p>
            <Suspense>
                {move || {
                    let next = next.clone();
                    Suspend::new(async move {
                        match ways.await {
                            Ok(ways) if ways.fresh => view! { <Redirect path=next/> }.into_any(),
                            Ok(ways) => view! { <ConfirmForm ways=ways next=next confirm=confirm answers=answers/> }.into_any(),
                            Err(refused) if refused.needs_sign_in() => {
                                view! { <Redirect path=routes::sign_in_then(&next)/> }.into_any()
                            }
                            Err(refused) => view! { <ProblemNote problem=Signal::stored(Some(refused.into()))/> }.into_any(),
                        }
                    })
                }}
            </Suspense>
            <LanguageSwitch/>
        </Plain>
    }
    .into_any()
}
