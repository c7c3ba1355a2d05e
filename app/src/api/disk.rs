//! What people take of the hosts' disks.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use wire::disk::{DiskUse, DiskUses};

use super::Refused;

#[server(prefix = "/actions", endpoint = "my-disk", input = GetUrl)]
pub(crate) async fn read_my_disk() -> Result<DiskUse, Refused> {
    Ok(crate::request_context::api()?.my_disk().await)
}

#[server(prefix = "/actions", endpoint = "disks", input = GetUrl)]
pub(crate) async fn read_disks() -> Result<DiskUses, Refused> {
    Ok(crate::request_context::api()?.disks().await?)
}
