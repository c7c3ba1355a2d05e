//! Letting in a program on another machine. The forms work without our script, too.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use wire::device::PendingDevice;

use super::Refused;

/// Who waits under this code.
#[server(prefix = "/actions", endpoint = "device", input = GetUrl)]
pub(crate) async fn read_device(code: String) -> Result<PendingDevice, Refused> {
    Ok(crate::request_context::api()?.device(&code)?)
}

/// Gives it a token that is good for so many days, and for what is ticked.
#[server(prefix = "/actions", endpoint = "approve-device")]
pub(crate) async fn approve_device(
    code: String,
    days: i64,
    #[server(default)] vclusters: bool,
    #[server(default)] ssh: bool,
    #[server(default)] admin: bool,
) -> Result<(), Refused> {
    let scopes = super::profile::ticked(vclusters, ssh, admin);
    crate::request_context::api()?.approve_device(&code, days, &scopes).await?;
    crate::request_context::redirect_plain_form(crate::routes::DEVICE_APPROVED);
    Ok(())
}

#[server(prefix = "/actions", endpoint = "deny-device")]
pub(crate) async fn deny_device(code: String) -> Result<(), Refused> {
    crate::request_context::api()?.deny_device(&code)?;
    crate::request_context::redirect_plain_form(crate::routes::DEVICE_DENIED);
    Ok(())
}
