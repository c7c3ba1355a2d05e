//! The OpenID identities one can sign in with: linking another, taking one away.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use wire::profile::{Identities, Identity};

use super::ProfileActions;
use crate::{
    components::{
        icon::{Glyph, Icon},
        problem_note::ProblemNote,
        row_menu::{RowMenu, TakeAway},
        section::Section,
        time_ago::TimeAgo,
    },
    forms::refusal,
    routes,
};

/// Nothing where there are no providers.
#[component]
pub(super) fn IdentitiesSection(identities: Identities) -> impl IntoView {
    let actions: ProfileActions = expect_context();
    let Identities { linked, offered } = identities;
    if linked.is_empty() && offered.is_empty() {
        return ().into_any();
    }
    let problem = refusal(actions.unlink);
    let list = if linked.is_empty() {
        view! { <p class="section-empty sub">{t!("profile-identities-empty")}</p> }.into_any()
    } else {
        view! { <IdentityTable linked=linked/> }.into_any()
    };
    // Plain forms on purpose: the answer leads to another site.
    let link = move || {
        let forms = offered.iter().map(|(name, label)| view! {
            <form method="post" action=routes::link_identity(name)>
                <button type="submit" class="button"><Glyph icon=Icon::Plus/> {t!("profile-identity-link", provider = label.as_str())}</button>
            </form>
        });
        forms.collect_view().into_any()
    };
    view! {
        <Section id="identities" title=t!("profile-identities") about=t!("profile-identities-about") action=ViewFnOnce::from(link)>
            <div class="section-notes"><ProblemNote problem=problem/></div>
            {list}
        </Section>
    }
    .into_any()
}

#[component]
fn IdentityTable(linked: Vec<Identity>) -> impl IntoView {
    let rows = linked.into_iter().enumerate().map(|(at, identity)| view! { <IdentityRow at=at identity=identity/> });
    view! {
        <table class="people-table is-identities">
            <thead>
                <tr>
                    <th scope="col">{t!("profile-identity-provider")}</th>
                    <th scope="col">{t!("profile-identity-shown")}</th>
                    <th scope="col">{t!("profile-identity-used")}</th>
                    <th scope="col"><span class="visually-hidden">{t!("profile-actions")}</span></th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
    }
}

#[component]
fn IdentityRow(at: usize, identity: Identity) -> impl IntoView {
    let actions: ProfileActions = expect_context();
    let pending = actions.unlink.pending();
    let Identity { provider, issuer, subject, shown, last_sign_in } = identity;
    let label = t!("profile-identity-unlink-of", provider = provider.as_str());
    let lost = t!("profile-identity-lost", provider = provider.as_str());
    view! {
        <tr>
            <th scope="row" title=issuer.clone()>{provider}</th>
            <td data-label=t!("profile-identity-shown")>{shown}</td>
            <td data-label=t!("profile-identity-used")><TimeAgo at=last_sign_in/></td>
            <td class="is-actions">
                <RowMenu id=format!("unlink-{at}") label=label icon=Icon::Delete lost=lost>
                    <ActionForm action=actions.unlink>
                        <input type="hidden" name="issuer" value=issuer/>
                        <input type="hidden" name="subject" value=subject/>
                        <TakeAway icon=Icon::Delete text=t!("profile-identity-unlink") pending=pending/>
                    </ActionForm>
                </RowMenu>
            </td>
        </tr>
    }
}
