//! The user's own account: password, API tokens, browsers that are signed in, disk.

mod identities;
mod password;
mod sessions;
pub(crate) mod tokens;

use catalogue::t;
use leptos::prelude::*;
use leptos_router::{NavigateOptions, components::Outlet, hooks::use_navigate};
use wire::{disk::DiskUse, profile::Profile};

use self::{
    identities::IdentitiesSection, password::PasswordSection, sessions::SessionsSection, tokens::TokensSection,
};
use crate::{
    api::{
        disk::read_my_disk,
        profile::{
            ChangePassword, CreateToken, EndOtherSessions, EndSession, RevokeToken, Unlink, has_password, read_profile,
        },
    },
    components::{section::Section, skeleton::SectionsSkeleton, tab_title::TabTitle, time_ago::TimeAgo},
    layouts::{account::role, chrome::TopBar, signed_in::Me},
    pages::problem::ProblemCard,
    routes,
    wording::amount::bytes,
};

/// What can be done on this page. The dialog in front of it makes tokens.
#[derive(Clone, Copy)]
pub(super) struct ProfileActions {
    pub(super) change_password: ServerAction<ChangePassword>,
    pub(super) create_token: ServerAction<CreateToken>,
    pub(super) revoke_token: ServerAction<RevokeToken>,
    pub(super) end_session: ServerAction<EndSession>,
    pub(super) end_others: ServerAction<EndOtherSessions>,
    pub(super) unlink: ServerAction<Unlink>,
}

impl ProfileActions {
    /// Counts up with every answer: then the lists are read again.
    fn answers(self) -> usize {
        let Self { change_password, create_token, revoke_token, end_session, end_others, unlink } = self;
        change_password.version().get()
            + create_token.version().get()
            + revoke_token.version().get()
            + end_session.version().get()
            + end_others.version().get()
            + unlink.version().get()
    }
}

/// A sign-in that is not fresh any more: taking an identity away waits until the person has shown again who they are.
fn lead_to_confirm(actions: ProfileActions) {
    let navigate = use_navigate();
    Effect::new(move |_| {
        if actions.unlink.value().get().and_then(Result::err).is_some_and(|refused| refused.needs_confirming()) {
            navigate(&routes::confirm_then(routes::PROFILE), NavigateOptions::default());
        }
    });
}

/// The page; a dialog of its routes stands in front of it.
#[component]
pub(crate) fn ProfilePage() -> impl IntoView {
    let me: Me = expect_context();
    let actions = ProfileActions {
        change_password: ServerAction::new(),
        create_token: ServerAction::new(),
        revoke_token: ServerAction::new(),
        end_session: ServerAction::new(),
        end_others: ServerAction::new(),
        unlink: ServerAction::new(),
    };
    provide_context(actions);
    lead_to_confirm(actions);
    let profile = Resource::new_blocking(move || actions.answers(), |_| read_profile());
    let with_password = Resource::new_blocking(|| (), |()| has_password());
    let name = me.name.clone();
    let password = move || {
        let name = name.clone();
        Suspend::new(async move {
            // Where it cannot be found out the form says why when it is used.
            with_password.await.unwrap_or(true).then(|| view! { <PasswordSection name=name/> })
        })
    };
    view! {
        <TabTitle title=t!("profile-title")/>
        <TopBar here=t!("profile-title")/>
        <div class="page is-narrow">
            <header class="page-head">
                <div>
                    <div class="page-title">
                        <h1>{me.name.clone()}</h1>
                        <span class="tag tone-quiet">{role(me.role)}</span>
                    </div>
                    <p class="sub">{t!("profile-about")}</p>
                </div>
            </header>
            <Transition fallback=SectionsSkeleton>
                // Apart from what is read again with every answer: what has been typed so far stays.
                {password}
                {move || Suspend::new(async move {
                    match profile.await {
                        Ok((Profile { tokens, sessions, identities }, address)) => view! {
                            <IdentitiesSection identities=identities/>
                            <TokensSection tokens=tokens address=address/>
                            <SessionsSection sessions=sessions/>
                        }
                        .into_any(),
                        Err(refused) => view! { <ProblemCard problem=refused.into()/> }.into_any(),
                    }
                })}
                <DiskSection/>
            </Transition>
        </div>
        <Outlet/>
    }
    .into_any()
}

/// What one takes of the hosts' disks: nodes, running or stopped, and the home. Nothing where it cannot be found out: nothing
/// on the page depends on it.
#[component]
fn DiskSection() -> impl IntoView {
    let disk = Resource::new_blocking(|| (), |()| read_my_disk());
    move || Suspend::new(async move { disk.await.ok().map(|disk| view! { <Disk disk=disk/> }) })
}

#[component]
fn Disk(disk: DiskUse) -> impl IntoView {
    let DiskUse { nodes_bytes, home_bytes, counted_at, hosts_missing } = disk;
    let facts = match counted_at {
        None => view! { <p class="section-empty sub">{t!("common-disk-not-yet")}</p> }.into_any(),
        Some(at) => view! {
            <dl class="facts section-facts">
                <div><dt>{t!("common-disk-nodes")}</dt><dd>{bytes(nodes_bytes)}</dd></div>
                <div><dt>{t!("common-disk-home")}</dt><dd>{bytes(home_bytes)}</dd></div>
                <div><dt>{t!("common-disk-counted")}</dt><dd><TimeAgo at=at/></dd></div>
            </dl>
        }
        .into_any(),
    };
    // Before the first count all are missing, which is said already.
    let missing = (hosts_missing > 0 && counted_at.is_some())
        .then(|| view! { <p class="section-empty sub">{t!("common-disk-missing", n = hosts_missing)}</p> });
    view! {
        <Section id="disk" title=t!("common-disk") about=t!("profile-disk-about")>
            {facts}
            {missing}
        </Section>
    }
}
