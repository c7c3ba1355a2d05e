//! The installation as a whole, for administrators: its health and its configuration.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use wire::admin::{Health, Setting};

use super::Refused;

#[server(prefix = "/actions", endpoint = "health", input = GetUrl)]
pub(crate) async fn read_health() -> Result<Health, Refused> {
    use crate::visit::{actor, refuse, visit};
    visit()?.installation.health(&actor()?).await.map_err(refuse)
}

/// Declares a host gone for good.
#[server(prefix = "/actions", endpoint = "forget-host")]
pub(crate) async fn forget_host(host: String) -> Result<(), Refused> {
    use crate::visit::{actor, redirect_plain_form, refuse, visit};
    visit()?.control.installation.forget_host(&actor()?, host.trim()).await.map_err(refuse)?;
    redirect_plain_form(crate::routes::ADMIN_HEALTH);
    Ok(())
}

#[server(prefix = "/actions", endpoint = "settings", input = GetUrl)]
pub(crate) async fn read_settings() -> Result<Vec<Setting>, Refused> {
    use crate::visit::{actor, refuse, visit};
    visit()?.installation.settings(&actor()?).map_err(refuse)
}
