//! Making an API token: a dialog that becomes the token itself, shown this once.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

use super::ProfileActions;
use crate::{
    api::{
        Refused,
        profile::take_shown,
        session::{Confirm, WaysToConfirm, read_ways_to_confirm},
    },
    components::{
        confirm_form::{self, ConfirmForm},
        dialog::RouteDialog,
        field::TextField,
        problem_note::ProblemNote,
        radio::Choice,
        shown_once::ShownOnce,
    },
    contexts::actions::answer_anew,
    forms::Answers,
    routes,
};

const FIELDS: &[&str] = &["name", "days"];
/// What most people want; the rest is for the REST interface.
const LIFETIMES: [i64; 4] = [7, 30, 90, 366];
const USUAL: i64 = 30;

#[component]
pub(crate) fn NewTokenDialog() -> impl IntoView {
    let actions: ProfileActions = expect_context();
    answer_anew(actions.create_token);
    let made = Memo::new(move |_| actions.create_token.value().get().and_then(Result::ok).map(|made| made.text));
    let key = use_query_map().get_untracked().get("shown");
    let shown = key.map(|key| Resource::new_blocking(|| (), move |()| take_shown(key.clone())));
    let confirm = ServerAction::<Confirm>::new();
    let (answers, asked) = (Answers::of(actions.create_token, "name"), confirm_form::answers(confirm));
    let confirmed = Memo::new(move |_| matches!(confirm.value().get(), Some(Ok(()))));
    let refused = move || actions.create_token.value().get().and_then(Result::err);
    let too_late = Memo::new(move |_| refused().is_some_and(|refused| refused.needs_confirming()));
    let ways = Resource::new_blocking(move || (confirmed.get(), too_late.get()), |_| read_ways_to_confirm());
    view! {
        <RouteDialog id="token-dialog" title=t!("profile-token-new") back=routes::PROFILE.to_owned()>
            {move || match (made.get(), shown) {
                (Some(text), _) => view! { <Made text=text/> }.into_any(),
                (None, Some(shown)) => view! { <Taken shown=shown/> }.into_any(),
                (None, None) => view! { <Confirmed ways=ways confirm=confirm asked=asked answers=answers/> }.into_any(),
            }}
        </RouteDialog>
    }
    .into_any()
}

/// The form, once the person has shown in the last minutes who they are.
#[component]
fn Confirmed(
    ways: Resource<Result<WaysToConfirm, Refused>>,
    confirm: ServerAction<Confirm>,
    /// Of the confirmation, and of the token's form.
    asked: Answers,
    answers: Answers,
) -> impl IntoView {
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match ways.await {
                    Ok(ways) if !ways.fresh => view! {
                        <div class="dialog-content">
                            <p>{t!("confirm-about")}</p>
                            <ConfirmForm ways=ways next=routes::NEW_TOKEN confirm=confirm answers=asked/>
                        </div>
                    }
                    .into_any(),
                    // Where it cannot be found out the form says why when it is used.
                    _ => view! { <NewTokenForm answers=answers/> }.into_any(),
                }
            })}
        </Transition>
    }
}

/// What a form without script has left for this page.
#[component]
fn Taken(shown: Resource<Result<Option<String>, Refused>>) -> impl IntoView {
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match shown.await {
                    Ok(Some(text)) => view! { <Made text=text/> }.into_any(),
                    _ => view! { <Gone/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Made(text: String) -> impl IntoView {
    view! {
        <div class="dialog-content">
            <p>{t!("profile-token-made")}</p>
            <ShownOnce id="token-text" label=t!("profile-token-text") secret=text/>
        </div>
        <footer class="dialog-foot"><a class="button is-primary" href=routes::PROFILE>{t!("profile-token-done")}</a></footer>
    }
}

#[component]
fn Gone() -> impl IntoView {
    view! {
        <div class="dialog-content"><p>{t!("profile-token-gone")}</p></div>
        <footer class="dialog-foot"><a class="button" href=routes::PROFILE>{t!("profile-back")}</a></footer>
    }
}

#[component]
fn NewTokenForm(answers: Answers) -> impl IntoView {
    let actions: ProfileActions = expect_context();
    let Answers { problem, fault, pending } = answers;
    let lifetime = |days: i64| {
        view! {
            <Choice name="days" value=days.to_string() checked=days == USUAL>{t!("profile-token-days", n = days)}</Choice>
        }
    };
    view! {
        <ActionForm action=actions.create_token attr:class="form">
            <div class="dialog-content">
                <p>{t!("profile-token-acts")}</p>
                <ProblemNote problem=problem besides=FIELDS/>
                <TextField
                    id="token-name" name="name" label=t!("profile-token-for") value="" autofocus=true longest=40
                    fault=fault
                />
                <fieldset class="field">
                    <legend>{t!("profile-token-lifetime")}</legend>
                    <div class="options is-four">{LIFETIMES.map(lifetime).collect_view()}</div>
                </fieldset>
            </div>
            <footer class="dialog-foot">
                <a class="button" href=routes::PROFILE>{t!("common-cancel")}</a>
                <button type="submit" class="button is-primary" disabled=pending aria-busy=move || pending.get().then_some("true")>
                    {move || if pending.get() { t!("profile-token-pending") } else { t!("profile-token-submit") }}
                </button>
            </footer>
        </ActionForm>
    }
}
