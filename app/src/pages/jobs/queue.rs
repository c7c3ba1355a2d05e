//! The queue: what runs where, and what comes next. One's own jobs have their names; of others' the server says no more than
//! their size, and to administrators whose they are. Read again when something has happened to one's own jobs, and every few
//! seconds while the page is seen.

use std::time::Duration;

use catalogue::t;
use leptos::prelude::*;
use wire::queue::{Queue, QueueHost, QueueJob, QueuePlace};

use crate::{
    api::jobs::read_queue,
    components::{
        section::Section,
        skeleton::SectionsSkeleton,
        state_mark::{Dot, Tag},
        tab_title::TabTitle,
        time_ago::TimeAgo,
    },
    contexts::{clock::use_clock, live::use_live},
    layouts::chrome::TopBar,
    pages::problem::ProblemCard,
    routes,
    wording::{
        amount::{cpus, memory, number, percent},
        job::latest,
        vcluster::Tone,
    },
};

/// Others' jobs move the queue, too.
const EVERY: Duration = Duration::from_secs(10);

#[component]
pub(crate) fn QueuePage() -> impl IntoView {
    let live = use_live();
    let queue = Resource::new_blocking(move || live.job_changes(), |_| read_queue());
    Effect::new(move |_| {
        let look = move || {
            if !document().hidden() {
                queue.refetch();
            }
        };
        if let Ok(looking) = set_interval_with_handle(look, EVERY) {
            on_cleanup(move || looking.clear());
        }
    });
    view! {
        <TabTitle title=t!("chrome-queue")/>
        <TopBar here=t!("chrome-queue") above=(routes::JOBS, t!("chrome-jobs"))/>
        <div class="page">
            <header class="page-head">
                <div>
                    <h1>{t!("chrome-queue")}</h1>
                    <p class="sub">{t!("queue-subtitle")}</p>
                </div>
                <a class="button" href=routes::JOBS>{t!("queue-own")}</a>
            </header>
            <Transition fallback=SectionsSkeleton>
                {move || Suspend::new(async move {
                    match queue.await {
                        Ok(queue) => view! { <Shown queue=queue/> }.into_any(),
                        Err(refused) => view! { <ProblemCard problem=refused.into()/> }.into_any(),
                    }
                })}
            </Transition>
        </div>
    }
    .into_any()
}

#[component]
fn Shown(queue: Queue) -> impl IntoView {
    let Queue { hosts, waiting, waiting_in_all, computed_at } = queue;
    let computed =
        computed_at.map(|at| view! { <p class="queue-computed sub">{t!("job-computed")} " " <TimeAgo at=at/></p> });
    let hosts = if hosts.is_empty() {
        view! { <p class="section-empty sub">{t!("queue-no-host")}</p> }.into_any()
    } else {
        view! { <ul class="queue-hosts">{hosts.into_iter().map(|host| view! { <Host host=host/> }).collect_view()}</ul> }
            .into_any()
    };
    let next = if waiting.is_empty() {
        view! { <p class="section-empty sub">{t!("queue-nobody")}</p> }.into_any()
    } else {
        view! { <Waiting waiting=waiting in_all=waiting_in_all/> }.into_any()
    };
    view! {
        <Section id="queue-hosts" title=t!("queue-hosts") about=t!("queue-hosts-about")>{hosts}</Section>
        <Section id="queue-next" title=t!("queue-next") about=t!("queue-next-about")>{next}</Section>
        {computed}
    }
}

/// What it has, what of that is held, and which jobs hold it: each as wide as its part of the CPUs.
#[component]
fn Host(host: QueueHost) -> impl IntoView {
    let (tone, state) = if host.ready { (Tone::Good, t!("queue-ready")) } else { (Tone::Bad, t!("queue-not-ready")) };
    let figures = t!(
        "queue-figures",
        cpus = number(host.held_cpus),
        all_cpus = number(host.offered_cpus),
        memory = memory(host.held_memory_mib),
        all_memory = memory(host.offered_memory_mib),
        jobs = host.jobs.len()
    );
    let all = host.offered_cpus;
    let in_jobs: f64 = host.jobs.iter().map(|job| job.resources.cpus).sum();
    let nodes = (host.held_cpus - in_jobs).max(0.0);
    let width = move |held: f64| format!("{:.2}%", if all > 0.0 { percent(held, all) } else { 0.0 });
    let block = |job: &QueueJob| {
        let class = if job.id.is_some() { "is-own" } else { "is-other" };
        view! { <i class=class style:width=width(job.resources.cpus)></i> }
    };
    let blocks = host.jobs.iter().map(block).collect_view();
    let own = host.jobs.iter().filter(|job| job.id.is_some()).cloned();
    let own = own.map(|job| view! { <li><Named job=job/></li> }).collect_view();
    let owners = owners(&host.jobs);
    view! {
        <li class="queue-host">
            <div class="queue-host-head">
                <h3><Dot tone=tone/> {host.name}</h3>
                <Tag tone=tone text=state/>
                <span class="sub">{figures}</span>
            </div>
            // The text above says the same.
            <div class="queue-bar" aria-hidden="true">
                {blocks}
                <i class="is-nodes" style:width=width(nodes)></i>
            </div>
            <ul class="queue-own">{own}</ul>
            {owners.map(|owners| view! { <p class="sub">{t!("queue-owners", names = owners)}</p> })}
        </li>
    }
}

/// Whose the jobs are that are not one's own, where that may be known: `ada 2, bob 1`.
fn owners(jobs: &[QueueJob]) -> Option<String> {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for owner in jobs.iter().filter(|job| job.id.is_none()).filter_map(|job| job.owner.as_deref()) {
        *counts.entry(owner).or_default() += 1;
    }
    let said: Vec<String> = counts.into_iter().map(|(owner, count)| format!("{owner} {count}")).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

/// A job by its name, where it is one's own.
#[component]
fn Named(job: QueueJob) -> impl IntoView {
    match (job.id, job.name, job.owner) {
        (Some(id), name, _) => view! {
            <a href=routes::job(id)>{name.unwrap_or_default()}" "<span class="job-number">{id}</span></a>
        }
        .into_any(),
        (None, _, Some(owner)) => t!("queue-of", owner = owner).into_any(),
        (None, ..) => t!("queue-others").into_any(),
    }
}

#[component]
fn Waiting(waiting: Vec<QueuePlace>, in_all: u32) -> impl IntoView {
    let left_out = usize::try_from(in_all).unwrap_or(usize::MAX).saturating_sub(waiting.len());
    let more = (left_out > 0).then(|| view! { <p class="section-empty sub">{t!("queue-more", n = left_out)}</p> });
    view! {
        <table class="queue-table">
            <thead>
                <tr>
                    <th scope="col">{t!("queue-place")}</th>
                    <th scope="col">{t!("job-job")}</th>
                    <th scope="col">{t!("job-asked-for")}</th>
                    <th scope="col">{t!("job-starts")}</th>
                </tr>
            </thead>
            <tbody>{waiting.into_iter().map(|place| view! { <Row place=place/> }).collect_view()}</tbody>
        </table>
        {more}
    }
}

#[component]
fn Row(place: QueuePlace) -> impl IntoView {
    let clock = use_clock();
    let QueuePlace { position, job, count, expected_start } = place;
    let class = job.id.is_some().then_some("is-own");
    let mib = u64::try_from(job.resources.memory_mib).unwrap_or(0);
    let size = format!("{} · {}", cpus(job.resources.cpus), memory(mib));
    let many = (count > 1).then(|| view! { <small>{t!("queue-count", n = count)}</small> });
    let starts = move || expected_start.map_or_else(|| t!("queue-unknown"), |at| latest(at, clock.now()));
    view! {
        <tr class=class>
            <td data-label=t!("queue-place")>{position}</td>
            <th scope="row"><Named job=job/></th>
            <td data-label=t!("job-asked-for")>{size} {many}</td>
            <td data-label=t!("job-starts")>{starts}</td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use wire::vcluster::NodeResources;

    use super::*;

    #[test]
    fn owners_are_counted_and_ones_own_jobs_are_not() {
        let job = |id: Option<i64>, owner: Option<&str>| QueueJob {
            id,
            name: None,
            owner: owner.map(str::to_owned),
            resources: NodeResources { cpus: 1.0, memory_mib: 512 },
        };
        assert_eq!(owners(&[job(Some(1), Some("root")), job(None, None)]), None);
        let jobs = [job(None, Some("bob")), job(None, Some("ada")), job(None, Some("bob")), job(Some(2), Some("root"))];
        assert_eq!(owners(&jobs).as_deref(), Some("ada 1, bob 2"));
    }
}
