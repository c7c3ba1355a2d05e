//! What was done with a vcluster.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use wire::{activity::Activity, page::Page};

use super::Refused;

/// One page of it, newest first; behind `after`, or from the newest on where that is empty.
#[server(prefix = "/actions", endpoint = "activity", input = GetUrl)]
pub(crate) async fn read_activity(id: String, after: String) -> Result<Page<Activity>, Refused> {
    use control::ports::store::PageRequest;

    use crate::visit::{actor, refuse, visit};
    const PAGE: u32 = 20;
    let actor = actor()?;
    let id = id.parse().map_err(|_| refuse(control::Error::NotFound("vcluster")))?;
    // An address that was changed by hand begins at the beginning.
    let page = PageRequest { after: after.parse().ok(), limit: PAGE + 1 };
    let deeds = visit()?.control.vclusters.activity(&actor, id, page).await.map_err(refuse)?;
    Ok(Page::cut(deeds, PAGE, |deed| deed.operation.id.to_string(), super::dto::activity))
}
