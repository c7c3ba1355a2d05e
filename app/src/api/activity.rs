//! What was done with vclusters.

use leptos::{prelude::*, server_fn::codec::GetUrl};
use wire::{activity::Activity, page::Page};

use super::Refused;

/// How many there are on a page.
#[cfg(feature = "ssr")]
const PAGE: u32 = 20;

/// A page of what was done with one, newest first; behind `after`, or from the newest on where that is empty.
#[server(prefix = "/actions", endpoint = "activity", input = GetUrl)]
pub(crate) async fn read_activity(id: String, after: String) -> Result<Page<Activity>, Refused> {
    // An address that was changed by hand begins at the beginning.
    Ok(crate::request_context::api()?.activity(Some(::api::id(&id, "vcluster")?), PAGE, after.parse().ok()).await?)
}

/// The same of all vclusters of the user.
#[server(prefix = "/actions", endpoint = "all-activity", input = GetUrl)]
pub(crate) async fn read_all_activity(after: String) -> Result<Page<Activity>, Refused> {
    Ok(crate::request_context::api()?.activity(None, PAGE, after.parse().ok()).await?)
}
