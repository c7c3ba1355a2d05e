//! People, a page at a time: found by a part of their name, each with what they hold of what they may.

use catalogue::t;
use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_query_map, location::Url};
use wire::{admin::Person, page::Page, session::Amount};

use super::AdminHead;
use crate::{
    api::people::{AddUser, read_people},
    components::{
        icon::{Glyph, Icon},
        search_field::SearchField,
        skeleton::SectionsSkeleton,
        state_mark::{Dot, Tag},
        tab_title::TabTitle,
        time_ago::TimeAgo,
    },
    layouts::{account::role, chrome::TopBar},
    pages::problem::ProblemCard,
    routes,
    wording::{
        amount::{memory, number},
        vcluster::Tone,
    },
};

/// Adding a user is done by the dialog in front of the list.
#[derive(Clone, Copy)]
pub(super) struct PeopleActions {
    pub(super) add: ServerAction<AddUser>,
}

#[component]
pub(crate) fn PeoplePage() -> impl IntoView {
    let actions = PeopleActions { add: ServerAction::new() };
    provide_context(actions);
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let field = |name| query.with(|query| query.get(name).unwrap_or_default());
        (field("search"), field("after"))
    });
    let people = Resource::new_blocking(
        move || (asked.get(), actions.add.version().get()),
        |((search, after), _)| read_people(search, after),
    );
    let add = || view! { <a class="button is-primary" href=routes::NEW_USER><Glyph icon=Icon::Plus/> {t!("admin-user-add")}</a> };
    view! {
        <TabTitle title=t!("admin-users")/>
        <TopBar here=t!("admin-title")/>
        <div class="page">
            <AdminHead action=ViewFnOnce::from(move || add().into_any())/>
            <SearchField
                id="people-search"
                name="search"
                label=t!("admin-search")
                submit=t!("admin-search-submit")
                action=routes::ADMIN_USERS
                longest=32
                value=Signal::derive(move || asked.with(|(search, _)| search.clone()))
                address=address
            />
            <Transition fallback=SectionsSkeleton>
                {move || Suspend::new(async move {
                    match people.await {
                        Ok(page) => view! { <Found page=page asked=asked.get_untracked()/> }.into_any(),
                        Err(refused) => view! { <ProblemCard problem=refused.into()/> }.into_any(),
                    }
                })}
            </Transition>
        </div>
        <Outlet/>
    }
    .into_any()
}

/// Of those whose name contains this text; of all where it is empty.
fn address(search: &str) -> String {
    if search.is_empty() {
        routes::ADMIN_USERS.to_owned()
    } else {
        format!("{}?search={}", routes::ADMIN_USERS, Url::escape(search))
    }
}

#[component]
fn Found(page: Page<Person>, asked: (String, String)) -> impl IntoView {
    let Page { items, next } = page;
    let (search, after) = asked;
    if items.is_empty() {
        let text =
            if search.is_empty() { t!("admin-nobody") } else { t!("admin-nobody-named", search = search.as_str()) };
        return view! {
            <section class="empty card">
                <h2>{text}</h2>
                <p><a class="button" href=routes::ADMIN_USERS>{t!("admin-everybody")}</a></p>
            </section>
        }
        .into_any();
    }
    let address =
        |after: &str| format!("{}?search={}&after={}", routes::ADMIN_USERS, Url::escape(&search), Url::escape(after));
    let next = next.map(|next| view! { <a class="button" href=address(&next)>{t!("admin-next-page")}</a> });
    let first = (!after.is_empty()).then(|| view! { <a class="button" href=address("")>{t!("admin-first-page")}</a> });
    view! {
        <section class="card" aria-label=t!("admin-users")>
            <table class="people-table is-people">
                <thead>
                    <tr>
                        <th scope="col">{t!("admin-user")}</th>
                        <th scope="col">{t!("admin-role")}</th>
                        <th scope="col">{t!("admin-holds")}</th>
                        <th scope="col">{t!("admin-last-sign-in")}</th>
                    </tr>
                </thead>
                <tbody>{items.into_iter().map(|person| view! { <PersonRow person=person/> }).collect_view()}</tbody>
            </table>
        </section>
        <nav class="pages" aria-label=t!("admin-pages")>{first} {next}</nav>
    }
    .into_any()
}

#[component]
fn PersonRow(person: Person) -> impl IntoView {
    let tone = if person.locked { Tone::Quiet } else { Tone::Good };
    let locked = person.locked.then(|| {
        let text = if person.pending { t!("admin-pending") } else { t!("admin-locked") };
        view! { " " <Tag tone=Tone::Warning text=text/> }
    });
    let signed_in = match person.last_sign_in {
        Some(at) => view! { <TimeAgo at=at/> }.into_any(),
        None => t!("admin-never").into_any(),
    };
    view! {
        <tr>
            <th scope="row"><Dot tone=tone/> <a href=routes::person(&person.name)>{person.name.clone()}</a>{locked}</th>
            <td data-label=t!("admin-role")>{role(person.role)}</td>
            <td data-label=t!("admin-holds")>{holds(person.usage, person.limits)}</td>
            <td data-label=t!("admin-last-sign-in")>{signed_in}</td>
        </tr>
    }
}

/// `2 of 32 nodes · 4 of 32 CPUs · 8 of 64 GiB`.
fn holds(usage: Amount, limits: Amount) -> String {
    t!(
        "admin-holds-of",
        nodes = usage.nodes,
        most_nodes = limits.nodes,
        cpus = number(usage.cpus),
        most_cpus = number(limits.cpus),
        memory = memory(usage.memory_mib),
        most_memory = memory(limits.memory_mib)
    )
}
