//! One person: what they hold of what they may, how they get in, and what an administrator can change about it.

mod access;
pub(crate) mod limits;

use catalogue::t;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use wire::admin::PersonDetail;

use self::{
    access::{AccessSection, LockAction, PasswordSection, RoleSection},
    limits::LimitsSection,
};
use crate::{
    api::{
        people::{ChangeLimits, ChangeRole, LockUser, ResetPassword, SignOutUser, read_person},
        profile::take_shown,
    },
    components::{
        icon::{Glyph, Icon},
        problem_note::ProblemNote,
        skeleton::SectionsSkeleton,
        state_mark::{Dot, Tag},
        tab_title::TabTitle,
        time_ago::{Day, TimeAgo},
    },
    layouts::{account::role, chrome::TopBar, signed_in::Me},
    pages::problem::ProblemCard,
    routes,
    wording::vcluster::Tone,
};

/// What can be done on this page.
#[derive(Clone, Copy)]
struct PersonActions {
    lock: ServerAction<LockUser>,
    role: ServerAction<ChangeRole>,
    limits: ServerAction<ChangeLimits>,
    sign_out: ServerAction<SignOutUser>,
    password: ServerAction<ResetPassword>,
}

impl PersonActions {
    fn new() -> Self {
        Self {
            lock: ServerAction::new(),
            role: ServerAction::new(),
            limits: ServerAction::new(),
            sign_out: ServerAction::new(),
            password: ServerAction::new(),
        }
    }

    /// Counts up with every answer: then the person is read again.
    fn answers(self) -> usize {
        let Self { lock, role, limits, sign_out, password } = self;
        lock.version().get()
            + role.version().get()
            + limits.version().get()
            + sign_out.version().get()
            + password.version().get()
    }
}

#[component]
pub(crate) fn PersonPage() -> impl IntoView {
    let params = use_params_map();
    let name = Memo::new(move |_| params.with(|params| params.get("name").unwrap_or_default()));
    let actions = PersonActions::new();
    provide_context(actions);
    let person = Resource::new_blocking(move || (name.get(), actions.answers()), |(name, _)| read_person(name));
    // What a form without script has left for this page.
    let key = use_query_map().get_untracked().get("shown");
    let shown = Resource::new_blocking(|| (), move |()| taken(key.clone()));
    view! {
        <TabTitle title=name/>
        <TopBar here=name above=(routes::ADMIN_USERS, t!("admin-users"))/>
        <Transition fallback=|| view! { <div class="page is-narrow"><SectionsSkeleton/></div> }>
            {move || Suspend::new(async move {
                let secret = shown.await;
                match person.await {
                    Ok(detail) => view! { <Shown detail=detail secret=secret/> }.into_any(),
                    Err(refused) => {
                        view! { <div class="page is-narrow"><ProblemCard problem=refused.into()/></div> }.into_any()
                    }
                }
            })}
        </Transition>
    }
    .into_any()
}

/// A new password, once; what was shown already or is for another person is not there.
async fn taken(key: Option<String>) -> Option<String> {
    match key {
        Some(key) => take_shown(key).await.ok().flatten(),
        None => None,
    }
}

#[component]
fn Shown(detail: PersonDetail, secret: Option<String>) -> impl IntoView {
    let me: Me = expect_context();
    let is_me = me.name == detail.person.name;
    let access = if is_me {
        view! { <p class="note tone-quiet"><Glyph icon=Icon::User/> <a href=routes::PROFILE>{t!("admin-person-you")}</a></p> }
            .into_any()
    } else {
        view! {
            <PasswordSection name=detail.person.name.clone() left=secret/>
            <RoleSection person=detail.person.clone()/>
        }
        .into_any()
    };
    view! {
        <div class="page is-narrow">
            <Head detail=detail.clone() is_me=is_me/>
            <LimitsSection detail=detail.clone()/>
            <AccessSection detail=detail/>
            {access}
        </div>
    }
}

#[component]
fn Head(detail: PersonDetail, is_me: bool) -> impl IntoView {
    let actions: PersonActions = expect_context();
    let problem = Signal::derive(move || {
        let locked = actions.lock.value().get().and_then(Result::err);
        locked.or_else(|| actions.role.value().get().and_then(Result::err)).map(Into::into)
    });
    let person = detail.person.clone();
    let tone = if person.locked { Tone::Warning } else { Tone::Good };
    let state = match (person.pending, person.locked) {
        (true, _) => t!("admin-pending"),
        (false, true) => t!("admin-locked"),
        (false, false) => t!("admin-active"),
    };
    let signed_in = match person.last_sign_in {
        Some(at) => view! { <TimeAgo at=at/> }.into_any(),
        None => t!("admin-never").into_any(),
    };
    // An administrator who decides whether a person may come in has to see who they are.
    let identities = detail.identities.clone().into_iter().map(|identity| {
        view! {
            <div><dt title=identity.issuer>{identity.provider}</dt><dd>{identity.shown}</dd></div>
        }
    });
    view! {
        <header class="page-head">
            <div>
                <div class="page-title">
                    <Dot tone=tone/>
                    <h1>{person.name.clone()}</h1>
                    <Tag tone=tone text=state/>
                    <Tag tone=Tone::Quiet text=role(person.role)/>
                </div>
                <dl class="facts is-below">
                    {identities.collect_view()}
                    <div><dt>{t!("admin-last-sign-in")}</dt><dd>{signed_in}</dd></div>
                    <div><dt>{t!("admin-since")}</dt><dd><Day at=person.created_at/></dd></div>
                </dl>
            </div>
            <div class="page-actions">{(!is_me).then(|| view! { <LockAction detail=detail/> })}</div>
        </header>
        <div class="section-notes"><ProblemNote problem=problem/></div>
    }
}
