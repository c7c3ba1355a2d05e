//! One job: what it is doing and what can be done, its way from submission to end, why it waits, what it asked for, what it has
//! used, its script, and what it writes; of an array, how its elements fare.

mod attempts;
mod elements;
mod header;
mod output;
mod turn;
mod used;
mod waits;

use catalogue::t;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use wire::{
    job::{Job, JobOutput},
    page::Page as Part,
    why::WhatIf,
};

use self::{
    attempts::Attempts, elements::Elements, header::Header, output::OutputSection, turn::TurnFacts, used::UsedSection,
    waits::Waits,
};
use crate::{
    api::{
        Refused,
        jobs::{CancelJob, Fare, HoldJob, read_elements, read_job, read_output, read_what_ifs},
    },
    components::{
        icon::{Glyph, Icon},
        skeleton::DetailSkeleton,
        tab_title::TabTitle,
        time_ago::TimeAgo,
    },
    contexts::{
        actions::{take_in, use_actions},
        clock::use_clock,
        elements_live::Asked,
        job_live::{provide_job_live, use_job_live},
        zone::use_zone,
    },
    layouts::chrome::TopBar,
    pages::problem::ProblemSection,
    routes,
    wording::{
        amount::{cpus, memory},
        job::{Moment, Step, exit, latest, state_word, steps, time_limit},
        time::exact,
        vcluster::Tone,
    },
};

/// What can be done on this page, and whether it is being done: the answer removes the form that was submitted.
#[derive(Clone, Copy)]
struct JobActions {
    cancel: ServerAction<CancelJob>,
    is_cancelling: Memo<bool>,
    hold: ServerAction<HoldJob>,
    is_holding: Memo<bool>,
}

#[component]
pub(crate) fn JobPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let page = move || {
        let id = id.get();
        view! { <Fetched id=id/> }
    };
    view! { {page} }.into_any()
}

#[component]
fn Fetched(id: String) -> impl IntoView {
    let ([output_of, what_ifs_of, elements_of], query) = ([(); 3].map(|()| id.clone()), use_query_map());
    let asked = Memo::new(move |_| {
        let field = |name| query.with(|query| query.get(name).unwrap_or_default());
        (Fare::parse(&field(routes::ELEMENTS)), field("after"))
    });
    let found = Resource::new_blocking(move || id.clone(), read_job);
    let output = Resource::new_blocking(move || output_of.clone(), |id| read_output(id, None, false));
    let what_ifs = Resource::new_blocking(move || what_ifs_of.clone(), read_what_ifs);
    // Others of them are asked for where they are shown.
    let begun = move |array: String| {
        let (fare, after) = asked.get_untracked();
        read_elements(array, fare, after)
    };
    let elements = Resource::new_blocking(move || elements_of.clone(), begun);
    view! {
        <Suspense fallback=DetailSkeleton>
            {move || Suspend::new(async move {
                let (found, output) = (found.await, output.await);
                let (what_ifs, elements) = (what_ifs.await.unwrap_or_default(), elements.await);
                match found {
                    Ok(job) => {
                        view! { <Page initial=job output=output what_ifs=what_ifs asked=asked elements=elements/> }
                            .into_any()
                    }
                    Err(refused) => view! { <ProblemSection problem=refused.into()/> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Page(
    initial: Job,
    output: Result<JobOutput, Refused>,
    what_ifs: Vec<WhatIf>,
    asked: Memo<Asked>,
    elements: Result<Part<Job>, Refused>,
) -> impl IntoView {
    let array = initial.array.clone();
    let job_live = provide_job_live(initial);
    let job = Memo::new(move |_| job_live.get());
    provide_job_actions();
    let title = Signal::derive(move || {
        job.with(|job| {
            let state = state_word(job);
            t!("job-tab-title", state = state, name = job.name.as_str(), number = job.reference())
        })
    });
    let here = Signal::derive(move || job.with(|job| job.name.clone()));
    let begun = Memo::new(move |_| job.with(|job| !job.attempts.is_empty()));
    view! {
        <TabTitle title=title/>
        <TopBar here=here above=(routes::JOBS, t!("chrome-jobs"))/>
        <div class="page">
            <Header job=job/>
            <Timeline job=job/>
            <Waits job=job what_ifs=what_ifs/>
            <Facts job=job/>
            <UsedSection job=job/>
            {array.map(|array| view! { <Elements job=job initial=array asked=asked first=elements/> })}
            <Attempts job=job/>
            {move || begun.get().then(|| view! { <OutputSection job=job first=output.clone()/> })}
            <Script job=job/>
        </div>
    }
}

fn provide_job_actions() {
    let (job_live, problem) = (use_job_live(), Some(use_actions().problem));
    let (cancel, hold) = (ServerAction::<CancelJob>::new(), ServerAction::<HoldJob>::new());
    take_in(cancel, problem, move |job| job_live.answered(job));
    take_in(hold, problem, move |job| job_live.answered(job));
    provide_context(JobActions { cancel, is_cancelling: cancel.pending(), hold, is_holding: hold.pending() });
}

/// Its way, with times.
#[component]
fn Timeline(job: Memo<Job>) -> impl IntoView {
    let steps = Memo::new(move |_| job.with(steps));
    let step = |Step { name, moment, now }: Step| {
        let class = match (now, moment) {
            (Some(tone), _) => format!("timeline-step is-now {}", tone.class()),
            (None, Moment::Was(_)) => format!("timeline-step {}", Tone::Good.class()),
            (None, Moment::By(_) | Moment::Unknown) => format!("timeline-step {}", Tone::Quiet.class()),
        };
        view! {
            <li class=class aria-current=now.map(|_| "step")>
                <b>{name}</b>
                <span class="sub"><When moment=moment/></span>
            </li>
        }
    };
    view! {
        <ol class="timeline" aria-label=t!("job-timeline")>
            {move || steps.get().into_iter().map(step).collect_view()}
        </ol>
    }
}

#[component]
fn When(moment: Moment) -> impl IntoView {
    match moment {
        Moment::Was(at) => view! { <TimeAgo at=at/> }.into_any(),
        Moment::By(at) => {
            let (clock, zone) = (use_clock(), use_zone());
            view! {
                <time datetime=at.to_rfc3339() title=move || exact(at, &zone.get())>
                    {move || latest(at, clock.now())}
                </time>
            }
            .into_any()
        }
        Moment::Unknown => view! { <span aria-hidden="true">"–"</span> }.into_any(),
    }
}

/// What was asked for and what came of it.
#[component]
fn Facts(job: Memo<Job>) -> impl IntoView {
    let (image, output) = job.with_untracked(|job| (job.image.clone(), job.output.clone()));
    let array = job.with_untracked(|job| job.array.as_ref().map(|array| array.indexes.clone()));
    let array = array.map(|indexes| {
        view! { <div><dt>{t!("job-array")}</dt><dd class="mono">{indexes}</dd></div> }
    });
    let (cpus, memory, limit) = job.with_untracked(|job| {
        let mib = u64::try_from(job.resources.memory_mib).unwrap_or(0);
        (cpus(job.resources.cpus), memory(mib), time_limit(job))
    });
    let arguments = job.with_untracked(|job| job.arguments.join(" "));
    let arguments = (!arguments.is_empty()).then(|| {
        view! { <div><dt>{t!("job-arguments")}</dt><dd class="mono">{arguments}</dd></div> }
    });
    let worker = Memo::new(move |_| job.with(|job| job.worker.clone()));
    let exit = Memo::new(move |_| job.with(exit));
    view! {
        <dl class="facts job-facts">
            {array}
            <div><dt>{t!("job-image")}</dt><dd class="mono">{image}</dd></div>
            <div><dt>{t!("job-cpus")}</dt><dd>{cpus}</dd></div>
            <div><dt>{t!("job-memory")}</dt><dd>{memory}</dd></div>
            <div><dt>{t!("job-time-limit")}</dt><dd>{limit}</dd></div>
            {move || worker.get().map(|worker| view! { <div><dt>{t!("job-host")}</dt><dd class="mono">{worker}</dd></div> })}
            {move || exit.get().map(|exit| view! { <div><dt>{t!("job-exit")}</dt><dd>{exit}</dd></div> })}
            <div><dt>{t!("job-output-path")}</dt><dd class="mono">{output}</dd></div>
            {arguments}
            <TurnFacts job=job/>
            <Surroundings job=job/>
        </dl>
    }
    .into_any()
}

/// Where it begins, with how many variables, how it is warned; and its tags.
#[component]
fn Surroundings(job: Memo<Job>) -> impl IntoView {
    let (directory, warning) = job.with_untracked(|job| (job.directory.clone(), job.warning.clone()));
    let (variables, tags) = job.with_untracked(|job| (job.environment.len(), job.tags.clone()));
    let mono = |name: String, value: String| view! { <div><dt>{name}</dt><dd class="mono">{value}</dd></div> };
    let tags = (!tags.is_empty()).then(|| {
        let chips = tags.into_iter().map(|tag| view! { <span class="tag tone-quiet">{tag}</span>" " }).collect_view();
        view! { <div><dt>{t!("job-tags-field")}</dt><dd>{chips}</dd></div> }
    });
    view! {
        {directory.map(|directory| mono(t!("job-directory-field"), directory))}
        {warning.map(|warning| mono(t!("job-warning-field"), warning))}
        {(variables > 0).then(|| {
            view! { <div><dt>{t!("job-environment")}</dt><dd>{t!("job-variables", n = variables)}</dd></div> }
        })}
        {tags}
    }
    .into_any()
}

#[component]
fn Script(job: Memo<Job>) -> impl IntoView {
    let script = job.with_untracked(|job| job.script.clone().unwrap_or_default());
    view! {
        <details class="card disclosure">
            <summary>{t!("job-script")} <Glyph icon=Icon::Chevron/></summary>
            // The element within keeps a first line that is empty.
            <pre class="output" tabindex="0"><code>{script}</code></pre>
        </details>
    }
}
