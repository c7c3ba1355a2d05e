//! `/admin`: people, health and configuration, for administrators. For all other users there is nothing here.

use axum::Json as Answer;
use domain::name::UserName;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use utoipa_axum::{router::OpenApiRouter, routes};
use wire::{
    admin::{AddUser, ChangeUser, GivenPassword, Health, Person, PersonDetail, ResetPassword, Setting},
    page::Page,
};

use crate::{
    http::{
        error::Failure,
        identity::AdminCaller,
        json::Json,
        path::{HostPath, UserPath},
        query::Query,
    },
    state::AppState,
};

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(people, add))
        .routes(routes!(person, change))
        .routes(routes!(reset_password))
        .routes(routes!(sign_out))
        .routes(routes!(health))
        .routes(routes!(forget_host))
        .routes(routes!(settings))
}

/// People by name, with what they hold.
#[utoipa::path(get, path = "/admin/users", tag = "admin",
    params(("search" = Option<String>, Query, description = "a part of the name"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 199, description = "1–199; 50 when absent"),
        ("cursor" = Option<String>, Query, pattern = "^[a-z][a-z0-9_.-]{0,31}$", description = "`next` of the page before")),
    responses((status = 200, body = Page<Person>)))]
async fn people(caller: AdminCaller, query: Query) -> Result<Answer<Page<Person>>, Failure> {
    let (limit, after): (u32, Option<UserName>) = query.page()?;
    Ok(Answer(caller.api.people(query.text("search").unwrap_or_default(), limit, after).await?))
}

/// Adds a user. A password that was generated is in this answer and nowhere else. An administrator is added with a
/// browser session, not with a token.
#[utoipa::path(post, path = "/admin/users", tag = "admin", request_body = AddUser,
    responses((status = 201, body = GivenPassword, headers(("Location" = String)))))]
async fn add(
    caller: AdminCaller,
    Json(add): Json<AddUser>,
) -> Result<(StatusCode, HeaderMap, Answer<GivenPassword>), Failure> {
    let given = caller.api.add_person(add).await?;
    let mut location = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&format!("/api/v1/admin/users/{}", given.name)) {
        location.insert(header::LOCATION, value);
    }
    Ok((StatusCode::CREATED, location, Answer(given)))
}

/// One person.
#[utoipa::path(get, path = "/admin/users/{name}", tag = "admin", params(("name" = String, Path)),
    responses((status = 200, body = PersonDetail)))]
async fn person(caller: AdminCaller, UserPath(name): UserPath) -> Result<Answer<PersonDetail>, Failure> {
    Ok(Answer(caller.api.person(&name).await?))
}

/// Changes role, lock, group and limits. Locking ends every session and refuses every token at once; limits hold for the next order.
/// One's own role and lock are another administrator's to change, and an administrator's need a browser session.
#[utoipa::path(patch, path = "/admin/users/{name}", tag = "admin", params(("name" = String, Path)), request_body = ChangeUser,
    responses((status = 200, body = Person)))]
async fn change(
    caller: AdminCaller,
    UserPath(name): UserPath,
    Json(change): Json<ChangeUser>,
) -> Result<Answer<Person>, Failure> {
    Ok(Answer(caller.api.change_person(&name, change).await?))
}

/// Sets or generates a password and ends every session of the user. An administrator's needs a browser session; one's own
/// is changed at `/me/password`.
#[utoipa::path(post, path = "/admin/users/{name}/password", tag = "admin", params(("name" = String, Path)), request_body = ResetPassword,
    responses((status = 200, body = GivenPassword)))]
async fn reset_password(
    caller: AdminCaller,
    UserPath(name): UserPath,
    Json(reset): Json<ResetPassword>,
) -> Result<Answer<GivenPassword>, Failure> {
    Ok(Answer(caller.api.reset_password(name, reset.password.as_deref()).await?))
}

/// Ends every session of the user; with `tokens=true`, revokes every API token of theirs, too.
#[utoipa::path(delete, path = "/admin/users/{name}/sessions", tag = "admin",
    params(("name" = String, Path), ("tokens" = Option<bool>, Query)),
    responses((status = 204)))]
async fn sign_out(caller: AdminCaller, UserPath(name): UserPath, query: Query) -> Result<StatusCode, Failure> {
    let tokens = query.value("tokens", "must be true or false")?.unwrap_or(false);
    caller.api.sign_out_person(&name, tokens).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What dockletd stands on, the hosts with what is held on them, and the disk, as they are now.
#[utoipa::path(get, path = "/admin/health", tag = "admin",
    responses((status = 200, body = Health)))]
async fn health(caller: AdminCaller) -> Result<Answer<Health>, Failure> {
    Ok(Answer(caller.api.health().await?))
}

/// Declares a host gone for good: its nodes leave the record, and what they held is free. A vcluster with no node elsewhere is
/// gone with it. Refused while the host answers. Should it come back, its containers are kept as ones that no record claims.
#[utoipa::path(delete, path = "/admin/hosts/{host}", tag = "admin", params(("host" = String, Path)),
    responses((status = 204)))]
async fn forget_host(caller: AdminCaller, HostPath(host): HostPath) -> Result<StatusCode, Failure> {
    caller.api.forget_host(&host).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Every setting with the value that holds and where it was written; secrets are masked.
#[utoipa::path(get, path = "/admin/config", tag = "admin",
    responses((status = 200, body = Vec<Setting>)))]
async fn settings(caller: AdminCaller) -> Result<Answer<Vec<Setting>>, Failure> {
    Ok(Answer(caller.api.settings()?))
}
