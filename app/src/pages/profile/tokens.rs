//! API tokens as a table: what each is for, when it was used, when it ends; revoking says what stops.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use wire::profile::{Token, TokenState};

use super::ProfileActions;
use crate::{
    components::{
        icon::{Glyph, Icon},
        problem_note::ProblemNote,
        row_menu::{RowMenu, TakeAway},
        section::Section,
        state_mark::Tag,
        time_ago::{Day, TimeAgo},
    },
    forms::refusal,
    routes,
    wording::vcluster::Tone,
};

#[component]
pub(super) fn TokensSection(tokens: Vec<Token>) -> impl IntoView {
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
    let revoke = good.then(|| view! { <RevokeMenu id=token.id.clone() name=name.clone()/> });
    view! {
        <tr class:is-over=!good>
            <th scope="row">{name}<small class="mono">{format!("{}…", token.prefix)}</small></th>
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
