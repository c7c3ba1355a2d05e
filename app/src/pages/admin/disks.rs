//! What each person takes of the hosts' disks, on the page about the installation's health.

use catalogue::t;
use leptos::prelude::*;
use wire::disk::{DiskUseOf, DiskUses};

use crate::{
    api::disk::read_disks,
    components::{section::Section, time_ago::TimeAgo},
    pages::problem::ProblemCard,
    routes,
    wording::amount::bytes,
};

/// Read once: it is counted seldom.
#[component]
pub(super) fn DisksSection() -> impl IntoView {
    let disks = Resource::new_blocking(|| (), |()| read_disks());
    view! {
        <Suspense>
            {move || Suspend::new(async move {
                match disks.await {
                    Ok(disks) => view! { <Shown disks=disks/> }.into_any(),
                    Err(refused) => view! { <ProblemCard problem=refused.into()/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Shown(disks: DiskUses) -> impl IntoView {
    let DiskUses { items, counted_at, hosts_missing } = disks;
    let Some(at) = counted_at else {
        return view! {
            <Section id="disks" title=t!("admin-disks") about=t!("admin-disks-about")>
                <p class="section-empty sub">{t!("common-disk-not-yet")}</p>
            </Section>
        }
        .into_any();
    };
    let missing = (hosts_missing > 0)
        .then(|| view! { <p class="section-empty sub">{t!("common-disk-missing", n = hosts_missing)}</p> });
    view! {
        <Section id="disks" title=t!("admin-disks") about=t!("admin-disks-about")>
            <dl class="facts section-facts"><div><dt>{t!("common-disk-counted")}</dt><dd><TimeAgo at=at/></dd></div></dl>
            {missing}
            <table class="people-table is-disks">
                <thead>
                    <tr>
                        <th scope="col">{t!("admin-user")}</th>
                        <th scope="col">{t!("common-disk-nodes")}</th>
                        <th scope="col">{t!("common-disk-home")}</th>
                    </tr>
                </thead>
                <tbody>{items.into_iter().map(|one| view! { <DiskRow one=one/> }).collect_view()}</tbody>
            </table>
        </Section>
    }
    .into_any()
}

#[component]
fn DiskRow(one: DiskUseOf) -> impl IntoView {
    view! {
        <tr>
            <th scope="row"><a href=routes::person(&one.name)>{one.name.clone()}</a></th>
            <td data-label=t!("common-disk-nodes")>{bytes(one.nodes_bytes)}</td>
            <td data-label=t!("common-disk-home")>{bytes(one.home_bytes)}</td>
        </tr>
    }
}
