//! API tokens: the table of them, where revoking says what stops, and the dialog that makes one and becomes the token itself,
//! shown this once.

use catalogue::t;
use domain::user::Scopes;
use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;
use wire::profile::{Token, TokenState};

use super::ProfileActions;
use crate::{
    api::{
        Refused,
        profile::take_shown,
        session::{Confirm, ConfirmMethods, read_confirm_methods},
    },
    components::{
        confirm_form::{self, ConfirmForm},
        copy_field::CopyField,
        dialog::RouteDialog,
        field::TextField,
        icon::{Glyph, Icon},
        problem_note::ProblemNote,
        radio::Choice,
        rich::Rich,
        row_menu::{RowMenu, TakeAway},
        scope_choice::ScopeChoice,
        section::Section,
        state_mark::Tag,
        time_ago::{Day, TimeAgo},
    },
    contexts::actions::answer_anew,
    forms::{Answers, refusal},
    routes,
    wording::vcluster::Tone,
};

const FIELDS: &[&str] = &["name", "days"];
/// What most people want; the rest is for the REST interface.
const LIFETIMES: [i64; 4] = [7, 30, 90, 366];
const USUAL: i64 = 30;

/// Fetches `docklet` for the machine it is typed on, and signs in with it.
fn install_line(address: &str) -> String {
    let download = format!("{address}{}/docklet-linux-$(uname -m)", routes::DOWNLOAD);
    format!("curl -fsSLo docklet {download} && chmod +x docklet && ./docklet login {address}")
}

/// What each is for, when it was used, when it ends; and the program that makes its own.
#[component]
pub(super) fn TokensSection(
    tokens: Vec<Token>,
    /// Our own, for the command line.
    address: String,
) -> impl IntoView {
    let actions: ProfileActions = expect_context();
    let problem = refusal(actions.revoke_token);
    let create = || {
        view! {
            <a class="button" href=routes::NEW_TOKEN><Glyph icon=Icon::Plus/> {t!("profile-token-new")}</a>
        }
        .into_any()
    };
    let list = if tokens.is_empty() {
        view! { <p class="section-empty sub">{t!("profile-tokens-empty")}</p> }.into_any()
    } else {
        view! { <TokenTable tokens=tokens/> }.into_any()
    };
    view! {
        <Section id="tokens" title=t!("profile-tokens") about=t!("profile-tokens-about") action=ViewFnOnce::from(create)>
            <div class="section-notes"><ProblemNote problem=problem/></div>
            {list}
            <div class="section-body">
                <p class="sub">
                    <Rich text=t!("profile-tokens-cli") mark=|_, text| {
                        view! { <a href=routes::DOWNLOAD target="_blank" rel="noopener external">{text}</a> }.into_any()
                    }/>
                </p>
                <CopyField id="install-line" label=t!("profile-install") text=install_line(&address)/>
            </div>
        </Section>
    }
}

#[component]
fn TokenTable(tokens: Vec<Token>) -> impl IntoView {
    // Those that work come first; the order in between stays.
    let (good, over): (Vec<Token>, Vec<Token>) = tokens.into_iter().partition(|token| token.state == TokenState::Good);
    view! {
        <table class="people-table is-tokens">
            <thead>
                <tr>
                    <th scope="col">{t!("common-name")}</th>
                    <th scope="col">{t!("profile-token-created")}</th>
                    <th scope="col">{t!("profile-token-used")}</th>
                    <th scope="col">{t!("profile-token-ends")}</th>
                    <th scope="col"><span class="visually-hidden">{t!("profile-actions")}</span></th>
                </tr>
            </thead>
            <tbody>{good.into_iter().chain(over).map(|token| view! { <TokenRow token=token/> }).collect_view()}</tbody>
        </table>
    }
}

#[component]
fn TokenRow(token: Token) -> impl IntoView {
    let name = if token.name.is_empty() { t!("profile-token-unnamed") } else { token.name.clone() };
    let used = match token.last_used {
        Some(at) => view! { <TimeAgo at=at/> }.into_any(),
        None => t!("profile-token-never").into_any(),
    };
    let ends = match token.state {
        TokenState::Good => view! { <Day at=token.expires_at/> }.into_any(),
        TokenState::Expired => view! { <Tag tone=Tone::Quiet text=t!("profile-token-expired")/> }.into_any(),
        TokenState::Revoked => view! { <Tag tone=Tone::Quiet text=t!("profile-token-revoked")/> }.into_any(),
    };
    let good = token.state == TokenState::Good;
    let scopes = Scopes::of(&token.scopes).to_string();
    let revoke = good.then(|| view! { <RevokeMenu id=token.id.clone() name=name.clone()/> });
    view! {
        <tr class:is-over=!good>
            <th scope="row">
                {name}
                <small class="mono">{format!("{}…", token.prefix)}</small>
                <small>{t!("profile-token-may", scopes = scopes.as_str())}</small>
            </th>
            <td data-label=t!("profile-token-created")><TimeAgo at=token.created_at/></td>
            <td data-label=t!("profile-token-used")>{used}</td>
            <td data-label=t!("profile-token-ends")>{ends}</td>
            <td class="is-actions">{revoke}</td>
        </tr>
    }
}

#[component]
fn RevokeMenu(id: String, name: String) -> impl IntoView {
    let actions: ProfileActions = expect_context();
    let pending = actions.revoke_token.pending();
    let now = t!("profile-token-revoke-now", name = name.as_str());
    view! {
        <RowMenu
            id=format!("revoke-{id}")
            label=t!("profile-token-revoke-of", name = name.as_str())
            icon=Icon::Delete
            lost=t!("profile-token-lost", name = name.as_str())
        >
            <ActionForm action=actions.revoke_token>
                <input type="hidden" name="id" value=id/>
                <TakeAway icon=Icon::Delete text=now pending=pending/>
            </ActionForm>
        </RowMenu>
    }
}

/// In front of the page, which provides the actions.
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
    let methods = Resource::new_blocking(move || (confirmed.get(), too_late.get()), |_| read_confirm_methods());
    view! {
        <RouteDialog id="token-dialog" title=t!("profile-token-new") back=routes::PROFILE.to_owned()>
            {move || match (made.get(), shown) {
                (Some(text), _) => view! { <Made text=text/> }.into_any(),
                (None, Some(shown)) => view! { <Taken shown=shown/> }.into_any(),
                (None, None) => view! { <Confirmed methods=methods confirm=confirm asked=asked answers=answers/> }.into_any(),
            }}
        </RouteDialog>
    }
    .into_any()
}

/// The form, once the person has shown in the last minutes who they are.
#[component]
fn Confirmed(
    methods: Resource<Result<ConfirmMethods, Refused>>,
    confirm: ServerAction<Confirm>,
    /// Of the confirmation, and of the token's form.
    asked: Answers,
    answers: Answers,
) -> impl IntoView {
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match methods.await {
                    Ok(methods) if !methods.fresh => view! {
                        <div class="dialog-content">
                            <p>{t!("confirm-about")}</p>
                            <ConfirmForm methods=methods next=routes::NEW_TOKEN confirm=confirm answers=asked/>
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
            <CopyField id="token-text" label=t!("profile-token-text") text=text/>
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
                <ScopeChoice ticked=Scopes::USUAL.list()/>
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
