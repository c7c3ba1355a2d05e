//! The installation's health: what dockletd stands on, the hosts with what is held on them, the disk. Read again every
//! few seconds while the page is visible. A host that is gone for good is declared so here.

use std::time::Duration;

use catalogue::t;
use leptos::{form::ActionForm, prelude::*};
use wire::admin::{Disk, Health, Host, Notice, Part};

use super::{AdminHead, disks::DisksSection};
use crate::{
    api::installation::{ForgetHost, read_health},
    components::{
        apps_astray::AppsAstray,
        field::TextField,
        icon::{Glyph, Icon},
        meter::Meter,
        problem_note::ProblemNote,
        rich::Foreign,
        section::Section,
        skeleton::SectionsSkeleton,
        state_mark::{Dot, Tag},
        tab_title::TabTitle,
        time_ago::TimeAgo,
    },
    contexts::clock::use_clock,
    forms::Answers,
    layouts::chrome::TopBar,
    pages::problem::ProblemCard,
    wording::{
        amount::{memory, number, percent},
        problem::of_server,
        time::since,
        vcluster::Tone,
    },
};

const EVERY: Duration = Duration::from_secs(3);
/// A disk this full is soon in the way.
const NEARLY_FULL: f64 = 90.0;

#[component]
pub(crate) fn HealthPage() -> impl IntoView {
    let health = Resource::new_blocking(|| (), |()| read_health());
    Effect::new(move |_| {
        let look = move || {
            if !document().hidden() {
                health.refetch();
            }
        };
        if let Ok(looking) = set_interval_with_handle(look, EVERY) {
            on_cleanup(move || looking.clear());
        }
    });
    view! {
        <TabTitle title=t!("admin-health")/>
        <TopBar here=t!("admin-title")/>
        <div class="page">
            <AdminHead/>
            <AppsAstray/>
            <Transition fallback=SectionsSkeleton>
                {move || Suspend::new(async move {
                    match health.await {
                        Ok(health) => view! { <Shown health=health/> }.into_any(),
                        Err(refused) => view! { <ProblemCard problem=refused.into()/> }.into_any(),
                    }
                })}
            </Transition>
            <DisksSection/>
            <GoneForm/>
        </div>
    }
    .into_any()
}

#[component]
fn Shown(health: Health) -> impl IntoView {
    let clock = use_clock();
    let started = health.started_at;
    view! {
        <Notices notices=health.notices/>
        <Section id="parts" title=t!("admin-parts") about=t!("admin-parts-about")>
            <dl class="facts section-facts">
                <div><dt>{t!("admin-version")}</dt><dd class="mono">{health.version}</dd></div>
                <div><dt>{t!("admin-uptime")}</dt><dd>{move || since(started, clock.now())}</dd></div>
                <div><dt>{t!("admin-started")}</dt><dd><TimeAgo at=started/></dd></div>
            </dl>
            <table class="people-table is-parts">
                <thead>
                    <tr>
                        <th scope="col">{t!("admin-part")}</th>
                        <th scope="col">{t!("admin-state")}</th>
                        <th scope="col">{t!("admin-version")}</th>
                        <th scope="col">{t!("admin-answered")}</th>
                    </tr>
                </thead>
                <tbody>{health.parts.into_iter().map(|part| view! { <PartRow part=part/> }).collect_view()}</tbody>
            </table>
        </Section>
        <Section id="hosts" title=t!("admin-hosts") about=t!("admin-hosts-about")>
            <table class="people-table is-hosts">
                <thead>
                    <tr>
                        <th scope="col">{t!("admin-host")}</th>
                        <th scope="col">{t!("admin-state")}</th>
                        <th scope="col">{t!("admin-nodes")}</th>
                        <th scope="col">{t!("admin-cpus")}</th>
                        <th scope="col">{t!("admin-memory")}</th>
                    </tr>
                </thead>
                <tbody>{health.hosts.into_iter().map(|host| view! { <HostRow host=host/> }).collect_view()}</tbody>
            </table>
        </Section>
        <DiskSection disk=health.disk/>
    }
}

/// Nothing at all when there is nothing to say.
#[component]
fn Notices(notices: Vec<Notice>) -> impl IntoView {
    let row = |notice: Notice| {
        view! {
            <tr>
                <th scope="row"><Dot tone=Tone::Bad/> <TimeAgo at=notice.at/></th>
                <td data-label=t!("admin-notice")><Foreign said=of_server(notice.text)/></td>
            </tr>
        }
    };
    (!notices.is_empty()).then(|| {
        view! {
            <Section id="notices" title=t!("admin-notices") about=t!("admin-notices-about")>
                <table class="people-table is-notices">
                    <thead>
                        <tr>
                            <th scope="col">{t!("admin-notice-at")}</th>
                            <th scope="col">{t!("admin-notice")}</th>
                        </tr>
                    </thead>
                    <tbody>{notices.into_iter().map(row).collect_view()}</tbody>
                </table>
            </Section>
        }
    })
}

fn part_name(name: &str) -> String {
    match name {
        "database" => t!("admin-part-database"),
        "coordination" => t!("admin-part-coordination"),
        "engine" => t!("admin-part-engine"),
        "hosts" => t!("admin-part-hosts"),
        other => other.to_owned(),
    }
}

/// Ready, or what keeps it.
#[component]
fn State(reason: Option<String>) -> impl IntoView {
    match reason {
        None => view! { <Tag tone=Tone::Good text=t!("admin-ready")/> }.into_any(),
        Some(reason) => view! {
            <Tag tone=Tone::Bad text=t!("admin-not-ready")/>
            <small><Foreign said=of_server(reason)/></small>
        }
        .into_any(),
    }
}

#[component]
fn PartRow(part: Part) -> impl IntoView {
    let tone = if part.ready { Tone::Good } else { Tone::Bad };
    view! {
        <tr>
            <th scope="row"><Dot tone=tone/> {part_name(&part.name)}</th>
            <td data-label=t!("admin-state")>
                <State reason=part.reason/>
                {part.remark.map(|remark| view! { <small><Foreign said=of_server(remark)/></small> })}
            </td>
            <td data-label=t!("admin-version") class="mono">{part.version.unwrap_or_else(|| "–".into())}</td>
            <td data-label=t!("admin-answered")>{t!("admin-milliseconds", n = part.answered_in_ms)}</td>
        </tr>
    }
}

#[component]
fn HostRow(host: Host) -> impl IntoView {
    let tone = if host.ready { Tone::Good } else { Tone::Bad };
    let cpus = (host.held.cpus, host.offered_cpus);
    // For the length of a bar only: exact up to 2^53.
    let mib = (host.held.memory_mib as f64, host.offered_memory_mib as f64);
    let cpus_text = t!("admin-held-of", held = number(cpus.0), offered = number(cpus.1));
    let memory_text =
        t!("admin-held-of", held = memory(host.held.memory_mib), offered = memory(host.offered_memory_mib));
    // For people to read: exact up to 2^53.
    let pids = host.offered_pids.map(|offered| (number(host.held.pids as f64), number(offered as f64)));
    let pids_text = pids.map(|(held, offered)| t!("admin-host-pids", held = held, offered = offered));
    let runtimes = (!host.runtimes.is_empty()).then(|| t!("admin-host-runtimes", names = host.runtimes.join(", ")));
    view! {
        <tr>
            <th scope="row"><Dot tone=tone/> {host.name}</th>
            <td data-label=t!("admin-state")>
                <State reason=host.reason/>
                {runtimes.map(|text| view! { <small>{text}</small> })}
                {host.remark.map(|remark| view! { <small><Foreign said=of_server(remark)/></small> })}
            </td>
            <td data-label=t!("admin-nodes")>{host.held.nodes}{pids_text.map(|text| view! { <small>{text}</small> })}</td>
            <td data-label=t!("admin-cpus")>{cpus_text}<Bar level=cpus/><small>{t!("admin-host-has", has = number(host.cpus))}</small></td>
            <td data-label=t!("admin-memory")>{memory_text}<Bar level=mib/><small>{t!("admin-host-has", has = memory(host.memory_mib))}</small></td>
        </tr>
    }
}

/// How much is held; the text beside it says the same.
#[component]
fn Bar(level: (f64, f64)) -> impl IntoView {
    let percent = percent(level.0, level.1);
    let class = if percent >= NEARLY_FULL { "meter-bar is-nearly-full" } else { "meter-bar" };
    view! { <span class=class aria-hidden="true"><i style:width=format!("{percent:.1}%")></i></span> }
}

#[component]
fn DiskSection(disk: Disk) -> impl IntoView {
    const MIB: u64 = 1024 * 1024;
    let (used, total) = (disk.total_bytes.saturating_sub(disk.free_bytes) / MIB, disk.total_bytes / MIB);
    // For the length of a bar only: exact up to 2^53.
    let level = (used as f64, total as f64);
    let texts = (memory(used), memory(total));
    view! {
        <Section id="disk" title=t!("admin-disk") about=t!("admin-disk-about", path = disk.path)>
            <dl class="section-body"><Meter label=t!("admin-disk-used", free = memory(disk.free_bytes / MIB)) level=level texts=texts/></dl>
        </Section>
    }
}

/// Declares a host gone for good. The host's name is typed, so that no click alone does it. Quiet until it is opened, and
/// always there: a host that holds nothing any more is in no list, and may have containers still.
#[component]
fn GoneForm() -> impl IntoView {
    let forget = ServerAction::<ForgetHost>::new();
    let Answers { problem, fault, pending } = Answers::of(forget, "host");
    view! {
        <details class="card disclosure" open=problem.get_untracked().is_some()>
            <summary>{t!("admin-gone")} <Glyph icon=Icon::Chevron/></summary>
            <ActionForm action=forget attr:class="form">
                <div class="section-body">
                    <p class="sub">{t!("admin-gone-about")}</p>
                    <ProblemNote problem=problem besides=&["host"]/>
                    <TextField id="gone-host" name="host" label=t!("admin-gone-host") value="" longest=63 fault=fault/>
                </div>
                <footer class="section-foot">
                    <p class="sub">{t!("admin-gone-back")}</p>
                    <button type="submit" class="button is-danger" disabled=pending aria-busy=move || pending.get().then_some("true")>
                        {t!("admin-gone-now")}
                    </button>
                </footer>
            </ActionForm>
        </details>
    }
}
