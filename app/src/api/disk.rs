//! What people take of the hosts' disks.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use wire::disk::{DiskUse, DiskUses};

use super::Refused;

#[server(prefix = "/actions", endpoint = "my-disk", input = GetUrl)]
pub(crate) async fn read_my_disk() -> Result<DiskUse, Refused> {
    use crate::visit::{actor, visit};
    Ok(super::dto::disk(&visit()?.control.disks.mine(&actor()?).await))
}

#[server(prefix = "/actions", endpoint = "disks", input = GetUrl)]
pub(crate) async fn read_disks() -> Result<DiskUses, Refused> {
    use crate::visit::{actor, refuse, visit};
    let counted = visit()?.control.disks.by_person(&actor()?).await.map_err(refuse)?;
    Ok(super::dto::disks(&counted))
}
