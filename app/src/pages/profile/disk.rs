//! What one takes of the hosts' disks: nodes, running or stopped, and the home.

use catalogue::t;
use leptos::prelude::*;
use wire::disk::DiskUse;

use crate::{
    api::disk::read_my_disk,
    components::{section::Section, time_ago::TimeAgo},
    wording::amount::bytes,
};

/// Nothing where it cannot be found out: nothing on the page depends on it.
#[component]
pub(super) fn DiskSection() -> impl IntoView {
    let disk = Resource::new_blocking(|| (), |()| read_my_disk());
    move || Suspend::new(async move { disk.await.ok().map(|disk| view! { <Shown disk=disk/> }) })
}

#[component]
fn Shown(disk: DiskUse) -> impl IntoView {
    let DiskUse { nodes_bytes, home_bytes, counted_at, hosts_missing } = disk;
    let facts = match counted_at {
        None => view! { <p class="section-empty sub">{t!("common-disk-not-yet")}</p> }.into_any(),
        Some(at) => view! {
            <dl class="facts section-facts">
                <div><dt>{t!("common-disk-nodes")}</dt><dd>{bytes(nodes_bytes)}</dd></div>
                <div><dt>{t!("common-disk-home")}</dt><dd>{bytes(home_bytes)}</dd></div>
                <div><dt>{t!("common-disk-counted")}</dt><dd><TimeAgo at=at/></dd></div>
            </dl>
        }
        .into_any(),
    };
    // Before the first count all are missing, which is said already.
    let missing = (hosts_missing > 0 && counted_at.is_some())
        .then(|| view! { <p class="section-empty sub">{t!("common-disk-missing", n = hosts_missing)}</p> });
    view! {
        <Section id="disk" title=t!("common-disk") about=t!("profile-disk-about")>
            {facts}
            {missing}
        </Section>
    }
}
