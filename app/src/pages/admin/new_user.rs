//! Adding a user: a dialog that becomes what they need to sign in, shown this once.

use catalogue::t;
use domain::user::Role;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;
use wire::admin::GivenPassword;

use super::people::PeopleActions;
use crate::{
    api::profile::take_shown,
    components::{
        copy_field::CopyField, dialog::RouteDialog, field::TextField, problem_note::ProblemNote, radio::Choice,
    },
    contexts::actions::answer_anew,
    forms::{fault_of, refusal},
    layouts::account::role,
    routes,
};

const FIELDS: &[&str] = &["name", "password"];

#[component]
pub(crate) fn NewUserDialog() -> impl IntoView {
    let actions: PeopleActions = expect_context();
    answer_anew(actions.add);
    let made = Memo::new(move |_| actions.add.value().get().and_then(Result::ok));
    let query = use_query_map().get_untracked();
    let name = query.get("name").unwrap_or_default();
    let shown = query.get("shown").map(|key| Resource::new_blocking(|| (), move |()| take_shown(key.clone())));
    view! {
        <RouteDialog id="user-dialog" title=t!("admin-user-add") back=routes::ADMIN_USERS.to_owned()>
            {move || match (made.get(), shown) {
                (Some(given), _) => view! { <Added given=given/> }.into_any(),
                (None, Some(shown)) => view! { <Taken name=name.clone() shown=shown/> }.into_any(),
                (None, None) => view! { <NewUserForm/> }.into_any(),
            }}
        </RouteDialog>
    }
    .into_any()
}

/// What a form without script has left for this page.
#[component]
fn Taken(name: String, shown: Resource<Result<Option<String>, crate::api::Refused>>) -> impl IntoView {
    view! {
        <Suspense>
            {move || {
                let name = name.clone();
                Suspend::new(async move {
                    let password = shown.await.ok().flatten();
                    view! { <Added given=GivenPassword { name, password }/> }
                })
            }}
        </Suspense>
    }
}

#[component]
fn Added(given: GivenPassword) -> impl IntoView {
    let name = given.name;
    let secret = match given.password {
        Some(password) => view! {
            <p>{t!("admin-password-once", name = name.as_str())}</p>
            <CopyField id="given-password" label=t!("admin-password-of", name = name.as_str()) text=password/>
        }
        .into_any(),
        None => view! { <p>{t!("admin-user-added", name = name.as_str())}</p> }.into_any(),
    };
    view! {
        <div class="dialog-content">{secret}</div>
        <footer class="dialog-foot">
            <a class="button" href=routes::person(&name)>{t!("admin-user-open")}</a>
            <a class="button is-primary" href=routes::ADMIN_USERS>{t!("admin-done")}</a>
        </footer>
    }
}

#[component]
fn NewUserForm() -> impl IntoView {
    let actions: PeopleActions = expect_context();
    let problem = refusal(actions.add);
    let pending = actions.add.pending();
    view! {
        <ActionForm action=actions.add attr:class="form">
            <div class="dialog-content">
                <ProblemNote problem=problem besides=FIELDS/>
                <TextField
                    id="user-name" name="name" label=t!("admin-user-name") value="" autofocus=true longest=32
                    fault=fault_of(problem, "name")
                />
                <fieldset class="field">
                    <legend>{t!("admin-role")}</legend>
                    <div class="options is-two">
                        <Choice name="role" value="user" checked=true meaning=t!("admin-role-user-means")>{role(Role::User)}</Choice>
                        <Choice name="role" value="admin" checked=false meaning=t!("admin-role-admin-means")>{role(Role::Admin)}</Choice>
                    </div>
                </fieldset>
                <TextField
                    id="user-password" name="password" label=t!("admin-password") value="" kind="password"
                    autocomplete="new-password" longest=1024 optional=true placeholder=t!("admin-password-generated")
                    fault=fault_of(problem, "password")
                />
            </div>
            <footer class="dialog-foot">
                <a class="button" href=routes::ADMIN_USERS>{t!("common-cancel")}</a>
                <button type="submit" class="button is-primary" disabled=pending aria-busy=move || pending.get().then_some("true")>
                    {move || if pending.get() { t!("admin-user-adding") } else { t!("admin-user-add") }}
                </button>
            </footer>
        </ActionForm>
    }
}
