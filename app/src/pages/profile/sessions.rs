//! The browsers one is signed in with: which, from where, since when; ending one says what stops.

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use wire::{problem::Problem, profile::BrowserSession};

use super::ProfileActions;
use crate::{
    components::{
        icon::{Glyph, Icon},
        menu::Menu,
        problem_note::ProblemNote,
        row_menu::{RowMenu, TakeAway},
        section::Section,
        state_mark::Tag,
        time_ago::TimeAgo,
    },
    wording::{browser::browser, vcluster::Tone},
};

#[component]
pub(super) fn SessionsSection(sessions: Vec<BrowserSession>) -> impl IntoView {
    let actions: ProfileActions = expect_context();
    let ended = move || actions.end_session.value().get().and_then(Result::err);
    let others_ended = move || actions.end_others.value().get().and_then(Result::err);
    let problem = Signal::derive(move || ended().or_else(others_ended).map(Problem::from));
    let others = sessions.iter().any(|session| !session.present);
    let end_others = move || if others { view! { <EndOthersMenu/> }.into_any() } else { ().into_any() };
    view! {
        <Section id="sessions" title=t!("profile-sessions") about=t!("profile-sessions-about") action=ViewFnOnce::from(end_others)>
            <div class="section-notes"><ProblemNote problem=problem/></div>
            <table class="people-table is-sessions">
                <thead>
                    <tr>
                        <th scope="col">{t!("profile-session-browser")}</th>
                        <th scope="col">{t!("profile-session-address")}</th>
                        <th scope="col">{t!("profile-session-since")}</th>
                        <th scope="col">{t!("profile-session-seen")}</th>
                        <th scope="col"><span class="visually-hidden">{t!("profile-actions")}</span></th>
                    </tr>
                </thead>
                <tbody>{sessions.into_iter().map(|session| view! { <SessionRow session=session/> }).collect_view()}</tbody>
            </table>
        </Section>
    }
}

#[component]
fn SessionRow(session: BrowserSession) -> impl IntoView {
    let name = browser(session.agent.as_deref());
    let present = session.present.then(|| view! { " " <Tag tone=Tone::Good text=t!("profile-session-present")/> });
    let end = (!session.present).then(|| view! { <EndMenu id=session.id.clone() name=name.clone()/> });
    view! {
        <tr>
            <th scope="row" title=session.agent>{name}{present}</th>
            <td data-label=t!("profile-session-address") class="mono">{session.address.unwrap_or_else(|| "–".into())}</td>
            <td data-label=t!("profile-session-since")><TimeAgo at=session.since/></td>
            <td data-label=t!("profile-session-seen")><TimeAgo at=session.last_seen/></td>
            <td class="is-actions">{end}</td>
        </tr>
    }
}

#[component]
fn EndMenu(id: String, name: String) -> impl IntoView {
    let actions: ProfileActions = expect_context();
    let pending = actions.end_session.pending();
    view! {
        <RowMenu
            id=format!("end-{id}")
            label=t!("profile-session-end-of", browser = name.as_str())
            icon=Icon::SignOut
            lost=t!("profile-session-lost", browser = name.as_str())
        >
            <ActionForm action=actions.end_session>
                <input type="hidden" name="id" value=id/>
                <TakeAway icon=Icon::SignOut text=t!("profile-session-end") pending=pending/>
            </ActionForm>
        </RowMenu>
    }
}

#[component]
fn EndOthersMenu() -> impl IntoView {
    let actions: ProfileActions = expect_context();
    let pending = actions.end_others.pending();
    view! {
        <Menu
            id="end-others"
            label=t!("profile-sessions-end-others")
            class="button"
            button=|| view! { <Glyph icon=Icon::SignOut/> {t!("profile-sessions-end-others")} }
        >
            <p class="menu-text">{t!("profile-sessions-lost")}</p>
            <ActionForm action=actions.end_others>
                <TakeAway icon=Icon::SignOut text=t!("profile-sessions-end-now") pending=pending/>
            </ActionForm>
        </Menu>
    }
}
