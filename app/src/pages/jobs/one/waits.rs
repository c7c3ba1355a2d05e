//! Why a job waits: in a sentence, with who comes before it, when it starts, what would start it earlier, and which hosts are left
//! behind each condition.

use catalogue::t;
use chrono::{DateTime, Utc};
use domain::job::JobState;
use leptos::{prelude::*, task::spawn_local};
use wire::{
    job::{Condition, Job, Waits as Found},
    why::WhatIf,
};

use super::When;
use crate::{
    api::jobs::read_what_ifs,
    components::{rich::Foreign, section::Section, time_ago::TimeAgo},
    contexts::clock::use_clock,
    routes,
    wording::{
        amount::{number, percent},
        job::{Moment, condition_word, earliest, wait_word, what_if},
        problem::of_server,
    },
};

/// Nothing unless it waits. `what_ifs`: as they were when the page was asked for.
#[component]
pub(super) fn Waits(job: Memo<Job>, what_ifs: Vec<WhatIf>) -> impl IntoView {
    let what_ifs = RwSignal::new(what_ifs);
    read_again(job, what_ifs);
    let waits = Memo::new(move |_| {
        job.with(|job| (job.state == JobState::Pending).then(|| (wait_word(job), job.waits.clone())))
    });
    let section = move |(word, found): (String, Option<Found>)| {
        view! {
            <Section id="waits" title=t!("job-why")>
                <div class="section-body job-waits">
                    <p class="job-waits-word">{word}</p>
                    {found.map(|found| view! { <Explained found=found job=job what_ifs=what_ifs/> })}
                </div>
            </Section>
        }
    };
    move || waits.get().map(section).into_any()
}

/// Asks again what would help once the queue was looked at again.
fn read_again(job: Memo<Job>, what_ifs: RwSignal<Vec<WhatIf>>) {
    let computed_at = Memo::new(move |_| job.with(|job| job.waits.as_ref().map(|waits| waits.computed_at)));
    Effect::new(move |before: Option<Option<DateTime<Utc>>>| {
        let now = computed_at.get();
        if now.is_some() && before.is_some_and(|before| before != now) {
            let id = job.with_untracked(Job::reference);
            spawn_local(async move {
                // Without an answer, those of before are shown.
                if let Ok(found) = read_what_ifs(id).await {
                    what_ifs.try_set(found);
                }
            });
        }
        now
    });
}

#[component]
fn Explained(found: Found, job: Memo<Job>, what_ifs: RwSignal<Vec<WhatIf>>) -> impl IntoView {
    let Found { sentence, ahead, ahead_cpu_hours, expected_start, expected_from, funnel, computed_at, .. } = found;
    let ahead = match ahead {
        0 => ahead.to_string(),
        _ => t!("job-ahead-hours", jobs = ahead, hours = number(ahead_cpu_hours)),
    };
    let clock = use_clock();
    let from = expected_from.map(|at| {
        view! { <div><dt>{t!("job-starts-from")}</dt><dd>{move || earliest(at, clock.now())}</dd></div> }
    });
    let expected = expected_start.map(|at| {
        view! { <div><dt>{t!("job-starts")}</dt><dd><When moment=Moment::By(at)/></dd></div> }
    });
    view! {
        <p><Foreign said=of_server(sentence)/></p>
        <dl class="facts">
            <div><dt>{t!("job-ahead")}</dt><dd>{ahead}</dd></div>
            {from}
            {expected}
            <div><dt>{t!("job-computed")}</dt><dd><TimeAgo at=computed_at/></dd></div>
        </dl>
        <Helps job=job what_ifs=what_ifs/>
        <Funnel funnel=funnel/>
    }
}

/// What would start it earlier: each a link to the form of a job like it, with that change.
#[component]
fn Helps(job: Memo<Job>, what_ifs: RwSignal<Vec<WhatIf>>) -> impl IntoView {
    let clock = use_clock();
    let one = move |found: WhatIf| {
        let change = match &found {
            WhatIf { cpus: Some(cpus), .. } => Some(format!("cpus={cpus}")),
            WhatIf { memory_mib: Some(mib), .. } => Some(format!("memory={mib}")),
            WhatIf { time_limit_s: Some(seconds), .. } => Some(format!("time_limit={seconds}s")),
            _ => None,
        };
        let words = move || what_if(&found, clock.now());
        match change {
            Some(change) => {
                let address = routes::job_changed(job.with_untracked(Job::reference), &change);
                view! { <a class="button is-small" href=address>{words}</a> }.into_any()
            }
            // It is released on this page.
            None => view! { <span>{words}</span> }.into_any(),
        }
    };
    move || {
        let found = what_ifs.get();
        let about = found.iter().any(|found| !found.release).then(|| {
            view! { <p class="sub">{t!("job-what-if-about")}</p> }
        });
        (!found.is_empty()).then(|| {
            view! {
                <div class="job-what-ifs" role="group" aria-label=t!("job-what-if")>
                    <b>{t!("job-what-if")}</b>
                    {found.into_iter().map(one).collect_view()}
                </div>
                {about}
            }
        })
    }
}

/// How many hosts are left behind each condition, the first of which is to be a host at all.
#[component]
fn Funnel(funnel: Vec<Condition>) -> impl IntoView {
    let all = funnel.first().map_or(0, |first| first.hosts);
    let line = |Condition { name, hosts }: Condition| {
        let width = format!("{:.1}%", if all == 0 { 0.0 } else { percent(hosts.into(), all.into()) });
        view! {
            <li>
                <span>{condition_word(&name)}</span>
                <span class="meter-bar" aria-hidden="true"><i style:width=width></i></span>
                <b>{hosts}</b>
            </li>
        }
    };
    let lines = funnel.into_iter().map(line).collect_view();
    (all > 0).then(|| view! { <ul class="funnel" aria-label=t!("job-funnel")>{lines}</ul> })
}
