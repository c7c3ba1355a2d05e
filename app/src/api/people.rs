//! People, as administrators see and change them. Other users get the answer that there is no such place.

use domain::user::Role;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use wire::{
    admin::{GivenPassword, Person, PersonDetail},
    page::Page,
};

use super::Refused;
use crate::pages::admin::person::limits::LimitsForm;

/// People whose name contains `search`, by name, behind `after`.
#[server(prefix = "/actions", endpoint = "people", input = GetUrl)]
pub(crate) async fn read_people(search: String, after: String) -> Result<Page<Person>, Refused> {
    const PAGE: u32 = 50;
    // An address that was changed by hand begins at the beginning.
    Ok(crate::request_context::api()?.people(&search, PAGE, after.parse().ok()).await?)
}

#[server(prefix = "/actions", endpoint = "person", input = GetUrl)]
pub(crate) async fn read_person(name: String) -> Result<PersonDetail, Refused> {
    Ok(crate::request_context::api()?.person(&name).await?)
}

/// Adds a user; an empty password is generated.
#[server(prefix = "/actions", endpoint = "add-user")]
pub(crate) async fn add_user(name: String, role: Role, password: String) -> Result<GivenPassword, Refused> {
    let password = Some(password).filter(|password| !password.is_empty());
    let given = crate::request_context::api()?.add_person(wire::admin::AddUser { name, role, password }).await?;
    server::show_once(&given, crate::routes::new_user_shown)?;
    Ok(given)
}

/// Sets a password and ends every session of the user; an empty one is generated.
#[server(prefix = "/actions", endpoint = "reset-password")]
pub(crate) async fn reset_password(name: String, password: String) -> Result<GivenPassword, Refused> {
    let chosen = Some(password.as_str()).filter(|password| !password.is_empty());
    let given = crate::request_context::api()?.reset_password(name, chosen).await?;
    server::show_once(&given, crate::routes::person_shown)?;
    Ok(given)
}

#[server(prefix = "/actions", endpoint = "lock-user")]
pub(crate) async fn lock_user(name: String, locked: bool) -> Result<Person, Refused> {
    server::change(&name, wire::admin::ChangeUser { locked: Some(locked), ..Default::default() }).await
}

#[server(prefix = "/actions", endpoint = "change-role")]
pub(crate) async fn change_role(name: String, role: Role) -> Result<Person, Refused> {
    server::change(&name, wire::admin::ChangeUser { role: Some(role), ..Default::default() }).await
}

/// Sets the limits the form describes, and the group where there are any; for an empty limit the group's counts, or the
/// one for all users.
#[server(prefix = "/actions", endpoint = "change-limits")]
pub(crate) async fn change_limits(
    name: String,
    #[server(default)] group: String,
    limits: LimitsForm,
) -> Result<Person, Refused> {
    let limits = limits.parse().map_err(::api::Refusal::invalid)?;
    server::change(&name, wire::admin::ChangeUser { group: Some(group), limits: Some(limits), ..Default::default() })
        .await
}

/// Ends every session of the user, and with `tokens` revokes their API tokens.
#[server(prefix = "/actions", endpoint = "sign-out-user")]
pub(crate) async fn sign_out_user(name: String, #[server(default)] tokens: bool) -> Result<(), Refused> {
    crate::request_context::api()?.sign_out_person(&name, tokens).await?;
    crate::request_context::redirect_plain_form(&crate::routes::person(&name));
    Ok(())
}

#[cfg(feature = "ssr")]
mod server {
    use wire::admin::{ChangeUser, GivenPassword, Person};

    use crate::{
        api::Refused,
        request_context::{accepts_html, api, redirect_plain_form, refuse, request_context},
    };

    pub(super) async fn change(name: &str, change: ChangeUser) -> Result<Person, Refused> {
        let person = api()?.change_person(name, change).await?;
        redirect_plain_form(&crate::routes::person(name));
        Ok(person)
    }

    /// A form that was sent without our script is led on to the page that shows the password, if one was generated.
    pub(super) fn show_once(given: &GivenPassword, page: fn(&str, &str) -> String) -> Result<(), Refused> {
        if accepts_html() {
            let next = match &given.password {
                Some(text) => {
                    let accounts = request_context()?.control.accounts;
                    page(&given.name, &accounts.show_once(api()?.actor(), text.clone()).map_err(refuse)?)
                }
                None => crate::routes::person(&given.name),
            };
            leptos_axum::redirect(&next);
        }
        Ok(())
    }
}
