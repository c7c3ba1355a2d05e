//! How the user's jobs fare, below the vclusters: a few numbers, each of which leads to the jobs it counts.

use catalogue::t;
use leptos::prelude::*;
use wire::queue::JobSummary;

use crate::{
    api::{Refused, jobs::Shown},
    components::{
        icon::{Glyph, Icon},
        section::Section,
    },
    contexts::clock::use_clock,
    routes,
    wording::job::latest,
};

#[component]
pub(super) fn JobsSection(summary: Resource<Result<JobSummary, Refused>>) -> impl IntoView {
    view! {
        <div class="jobs-now">
            <Transition>
                {move || Suspend::new(async move {
                    // Without them the page is still the page.
                    summary.await.ok().map(|summary| view! { <Numbers summary=summary/> })
                })}
            </Transition>
        </div>
    }
}

#[component]
fn Numbers(summary: JobSummary) -> impl IntoView {
    let clock = use_clock();
    let submit =
        || view! { <a class="button" href=routes::NEW_JOB><Glyph icon=Icon::Plus/> {t!("job-submit")}</a> }.into_any();
    let all = || view! { <a class="button is-small" href=routes::JOBS>{t!("job-show-all")}</a> }.into_any();
    if summary == JobSummary::default() {
        return view! {
            <Section id="jobs" title=t!("job-title") action=ViewFnOnce::from(submit)>
                <p class="section-empty sub">{t!("job-now-none")}</p>
            </Section>
        }
        .into_any();
    }
    let JobSummary { pending, running, completed, failed, next_start } = summary;
    let next = next_start
        .map(|at| view! { <dd class="sub">{move || t!("job-expected", when = latest(at, clock.now()))}</dd> });
    let number = |label: String, count: u32, shown: Shown| {
        view! {
            <dt>{label}</dt>
            <dd><a href=routes::jobs_shown(shown.as_str())>{count}</a></dd>
        }
    };
    view! {
        <Section id="jobs" title=t!("job-title") action=ViewFnOnce::from(all)>
            <dl class="jobs-now-numbers">
                <div>{number(t!("job-shown-running"), running, Shown::Running)}</div>
                <div>{number(t!("job-shown-waiting"), pending, Shown::Waiting)} {next}</div>
                <div>{number(t!("job-now-completed"), completed, Shown::Finished)}</div>
                <div class:is-bad=move || failed != 0>{number(t!("job-now-failed"), failed, Shown::Finished)}</div>
            </dl>
        </Section>
    }
    .into_any()
}
