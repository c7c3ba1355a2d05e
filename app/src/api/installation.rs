//! The installation as a whole, for administrators: its health and its configuration.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use wire::admin::{Health, Setting};

use super::Refused;

#[server(prefix = "/actions", endpoint = "health", input = GetUrl)]
pub(crate) async fn read_health() -> Result<Health, Refused> {
    Ok(crate::request_context::api()?.health().await?)
}

/// Declares a host gone for good.
#[server(prefix = "/actions", endpoint = "forget-host")]
pub(crate) async fn forget_host(host: String) -> Result<(), Refused> {
    crate::request_context::api()?.forget_host(host.trim()).await?;
    crate::request_context::redirect_plain_form(crate::routes::ADMIN_HEALTH);
    Ok(())
}

#[server(prefix = "/actions", endpoint = "settings", input = GetUrl)]
pub(crate) async fn read_settings() -> Result<Vec<Setting>, Refused> {
    Ok(crate::request_context::api()?.settings()?)
}
