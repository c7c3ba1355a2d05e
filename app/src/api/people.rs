//! People, as administrators see and change them. Other users get the answer that there is no such place.

use domain::user::Role;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use wire::{
    admin::{GivenPassword, Person, PersonDetail},
    page::Page,
};

use super::Refused;
use crate::pages::admin::limits::LimitsForm;

/// People whose name contains `search`, by name, behind `after`.
#[server(prefix = "/actions", endpoint = "people", input = GetUrl)]
pub(crate) async fn read_people(search: String, after: String) -> Result<Page<Person>, Refused> {
    use super::dto;
    use crate::visit::{actor, refuse, visit};
    use control::ports::store::PageRequest;
    const PAGE: u32 = 50;
    let (actor, accounts) = (actor()?, visit()?.control.accounts);
    // An address that was changed by hand begins at the beginning.
    let page = PageRequest { after: after.parse().ok(), limit: PAGE + 1 };
    let people = accounts.people(&actor, &search, page).await.map_err(refuse)?;
    Ok(Page::cut(people, PAGE, |person| person.user.name.to_string(), |person| dto::person(person, &accounts)))
}

#[server(prefix = "/actions", endpoint = "person", input = GetUrl)]
pub(crate) async fn read_person(name: String) -> Result<PersonDetail, Refused> {
    use crate::visit::{actor, refuse, visit};
    let (actor, control) = (actor()?, visit()?.control);
    let detail = control.accounts.person(&actor, &name).await.map_err(refuse)?;
    Ok(super::dto::detail(&detail, &control.accounts, control.federation.rules()))
}

/// Adds a user; an empty password is generated.
#[server(prefix = "/actions", endpoint = "add-user")]
pub(crate) async fn add_user(name: String, role: Role, password: String) -> Result<GivenPassword, Refused> {
    use crate::visit::{accepts_html, actor, refuse, visit};
    let (actor, accounts) = (actor()?, visit()?.control.accounts);
    let password = Some(password).filter(|password| !password.is_empty());
    let new = control::accounts::NewPerson { name, role, password };
    let added = accounts.add_person(&actor, new).await.map_err(refuse)?;
    let name = added.user.name.to_string();
    if accepts_html() {
        let next = match &added.generated {
            Some(text) => {
                let key = accounts.show_once(&actor, text.clone()).map_err(refuse)?;
                crate::routes::new_user_shown(&name, &key)
            }
            None => crate::routes::person(&name),
        };
        leptos_axum::redirect(&next);
    }
    Ok(GivenPassword { name, password: added.generated })
}

/// Sets a password and ends every session of the user; an empty one is generated.
#[server(prefix = "/actions", endpoint = "reset-password")]
pub(crate) async fn reset_password(name: String, password: String) -> Result<GivenPassword, Refused> {
    use crate::visit::{accepts_html, actor, refuse, visit};
    let (actor, accounts) = (actor()?, visit()?.control.accounts);
    let chosen = Some(password.as_str()).filter(|password| !password.is_empty());
    let generated = accounts.reset_password(&actor, &name, chosen).await.map_err(refuse)?.map(|secret| secret.0);
    if accepts_html() {
        let next = match &generated {
            Some(text) => {
                let key = accounts.show_once(&actor, text.clone()).map_err(refuse)?;
                crate::routes::person_shown(&name, &key)
            }
            None => crate::routes::person(&name),
        };
        leptos_axum::redirect(&next);
    }
    Ok(GivenPassword { name, password: generated })
}

#[server(prefix = "/actions", endpoint = "lock-user")]
pub(crate) async fn lock_user(name: String, locked: bool) -> Result<Person, Refused> {
    server::change(&name, control::accounts::ChangePerson { locked: Some(locked), ..Default::default() }).await
}

#[server(prefix = "/actions", endpoint = "change-role")]
pub(crate) async fn change_role(name: String, role: Role) -> Result<Person, Refused> {
    server::change(&name, control::accounts::ChangePerson { role: Some(role), ..Default::default() }).await
}

/// Sets the limits the form describes, and the group where there are any; for an empty limit the group's counts, or the
/// one for all users.
#[server(prefix = "/actions", endpoint = "change-limits")]
pub(crate) async fn change_limits(
    name: String,
    #[server(default)] group: String,
    limits: LimitsForm,
) -> Result<Person, Refused> {
    use crate::visit::refuse;
    let invalid = |faults| refuse(control::Error::Invalid(faults));
    let limits: wire::admin::OwnLimits = limits.parse().map_err(invalid)?;
    let limits = super::dto::own_limits(&limits).map_err(invalid)?;
    server::change(
        &name,
        control::accounts::ChangePerson { group: Some(group), limits: Some(limits), ..Default::default() },
    )
    .await
}

/// Ends every session of the user, and with `tokens` revokes their API tokens.
#[server(prefix = "/actions", endpoint = "sign-out-user")]
pub(crate) async fn sign_out_user(name: String, #[server(default)] tokens: bool) -> Result<(), Refused> {
    use crate::visit::{actor, redirect_plain_form, refuse, visit};
    visit()?.control.accounts.sign_out_person(&actor()?, &name, tokens).await.map_err(refuse)?;
    redirect_plain_form(&crate::routes::person(&name));
    Ok(())
}

#[cfg(feature = "ssr")]
mod server {
    use control::accounts::ChangePerson;
    use wire::admin::Person;

    use crate::{
        api::{Refused, dto},
        visit::{actor, redirect_plain_form, refuse, visit},
    };

    pub(super) async fn change(name: &str, change: ChangePerson) -> Result<Person, Refused> {
        let accounts = visit()?.control.accounts;
        let person = accounts.change_person(&actor()?, name, change).await.map_err(refuse)?;
        redirect_plain_form(&crate::routes::person(name));
        Ok(dto::person(&person, &accounts))
    }
}
