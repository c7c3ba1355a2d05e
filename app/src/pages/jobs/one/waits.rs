//! Why a job waits: in a sentence, with who comes before it, when it starts, and which hosts are left behind each condition.

use catalogue::t;
use domain::job::JobState;
use leptos::prelude::*;
use wire::job::{Condition, Job, Waits as Found};

use super::When;
use crate::{
    components::{rich::Foreign, section::Section, time_ago::TimeAgo},
    wording::{
        amount::percent,
        job::{Moment, condition_word, wait_word},
        problem::of_server,
    },
};

/// Nothing unless it waits.
#[component]
pub(super) fn Waits(job: Memo<Job>) -> impl IntoView {
    let waits = Memo::new(move |_| {
        job.with(|job| (job.state == JobState::Pending).then(|| (wait_word(job), job.waits.clone())))
    });
    move || {
        waits.get().map(|(word, found)| {
            view! {
                <Section id="waits" title=t!("job-why")>
                    <div class="section-body job-waits">
                        <p class="job-waits-word">{word}</p>
                        {found.map(|found| view! { <Explained found=found/> })}
                    </div>
                </Section>
            }
        })
    }
}

#[component]
fn Explained(found: Found) -> impl IntoView {
    let Found { sentence, ahead, expected_start, funnel, computed_at, .. } = found;
    let expected = expected_start.map(|at| {
        view! { <div><dt>{t!("job-starts")}</dt><dd><When moment=Moment::By(at)/></dd></div> }
    });
    view! {
        <p><Foreign said=of_server(sentence)/></p>
        <dl class="facts">
            <div><dt>{t!("job-ahead")}</dt><dd>{ahead}</dd></div>
            {expected}
            <div><dt>{t!("job-computed")}</dt><dd><TimeAgo at=computed_at/></dd></div>
        </dl>
        <Funnel funnel=funnel/>
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
