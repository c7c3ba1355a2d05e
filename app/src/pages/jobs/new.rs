//! Submitting a job: a form that works without script, filled in with what is usual, or as another job was.

mod run;

use catalogue::t;
use leptos::{form::ActionForm, html::Details, prelude::*};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use wire::{image::ImageChoice, problem::Problem};

use self::run::{RUN_FIELDS, RunFields};
use super::{
    draft::{JobForm, TICKED},
    turn::{TURN, TurnFields},
};
use crate::{
    api::{
        images::read_image_choice,
        jobs::{SubmitJob, read_draft},
    },
    components::{
        field::{Fault, TextField, area},
        icon::{Glyph, Icon},
        problem_note::ProblemNote,
        skeleton::SectionsSkeleton,
        tab_title::TabTitle,
    },
    contexts::{actions::take_in, live::use_live},
    defaults::left,
    forms::{fault_of, refusal},
    layouts::chrome::TopBar,
    pages::{allowed_images::ImageHints, problem::ProblemCard},
    routes,
    wording::amount::{cpus, memory},
};

/// Faults of these stand beside their fields.
const FIELDS: &[&str] = &[
    "name",
    "image",
    "resources.cpus",
    "resources.memory_mib",
    "time_limit_s",
    "script",
    "arguments",
    "output",
    "after",
    "begin_at",
    "deadline",
    "nice",
    "array",
    "environment",
    "directory",
    "warning",
    "retries",
    "retry_on",
    "tags",
];

/// What is wrong with the form that was sent.
type Wrong = Signal<Option<Problem>>;

#[component]
pub(crate) fn NewJobPage() -> impl IntoView {
    let (submit, navigate) = (ServerAction::<SubmitJob>::new(), use_navigate());
    take_in(submit, None, move |job| navigate(&routes::job(job.id), NavigateOptions::default()));
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let field = |name| query.with(|query| query.get(name).unwrap_or_default());
        ["like", "array", "kept", "cpus", "memory", "time_limit"].map(field)
    });
    let draft = Resource::new_blocking(
        move || asked.get(),
        |[like, array, kept, cpus, memory, time_limit]| read_draft(like, array, kept, cpus, memory, time_limit),
    );
    let images = Resource::new_blocking(|| (), |()| read_image_choice());
    view! {
        <TabTitle title=t!("job-new-title")/>
        <TopBar here=t!("job-new-here") above=(routes::JOBS, t!("chrome-jobs"))/>
        <div class="page">
            <header class="page-head">
                <div>
                    <h1>{t!("job-new-title")}</h1>
                    <p class="sub">{t!("job-new-subtitle")}</p>
                </div>
            </header>
            <Suspense fallback=SectionsSkeleton>
                {move || Suspend::new(async move {
                    // What may not be used is refused with the rule, so the form does without what cannot be read of images.
                    let (draft, images) = (draft.await, images.await.ok());
                    match draft {
                        Ok(form) => view! { <SubmitForm form=form images=images submit=submit/> }.into_any(),
                        Err(refused) => view! { <ProblemCard problem=refused.into()/> }.into_any(),
                    }
                })}
            </Suspense>
        </div>
    }
    .into_any()
}

#[component]
fn SubmitForm(form: JobForm, images: Option<ImageChoice>, submit: ServerAction<SubmitJob>) -> impl IntoView {
    let problem = refusal(submit);
    let pending = submit.pending();
    view! {
        <ActionForm action=submit attr:class="card job-form" attr:novalidate="true">
            <input type="hidden" name="job[key]" value=form.key.clone()/>
            <div class="job-form-notes"><ProblemNote problem=problem besides=FIELDS/></div>
            <div class="job-form-fields">
                <div class="job-form-side">
                    <What form=form.clone() images=images problem=problem/>
                    <More form=form.clone() problem=problem/>
                </div>
                <ScriptField script=form.script problem=problem/>
            </div>
            <footer class="section-foot">
                <Left/>
                <a class="button" href=routes::JOBS>{t!("common-cancel")}</a>
                <button
                    type="submit"
                    class="button is-primary"
                    disabled=pending
                    aria-busy=move || pending.get().then_some("true")
                >
                    {move || if pending.get() { t!("job-submitting") } else { t!("job-submit") }}
                </button>
            </footer>
        </ActionForm>
    }
}

/// What it is called and runs in, and how much of what it may take.
#[component]
fn What(form: JobForm, images: Option<ImageChoice>, problem: Wrong) -> impl IntoView {
    let fault = fault_of(problem, "image");
    view! {
        <TextField
            id="job-name" name="job[name]" label=t!("common-name") value=form.name autofocus=true longest=64
            fault=fault_of(problem, "name")
        />
        <div class="field">
            <label for="job-image">{t!("job-image")}</label>
            <input
                id="job-image"
                class="input mono"
                list="new-listed-images"
                name="job[image]"
                value=form.image
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                maxlength="300"
                required
                aria-invalid=move || fault.get().is_some().then_some("true")
                aria-describedby="new-image-about job-image-fault"
            />
            {images.map(|choice| view! { <ImageHints choice=choice/> })}
            <Fault name="job-image" fault=fault/>
        </div>
        <div class="form-pair is-even">
            <TextField
                id="job-cpus" name="job[cpus]" label=t!("job-cpus") value=form.cpus longest=12 inputmode="decimal"
                fault=fault_of(problem, "resources.cpus")
            />
            <TextField
                id="job-memory" name="job[memory]" label=t!("job-memory") value=form.memory longest=24
                placeholder="4 GiB" fault=fault_of(problem, "resources.memory_mib")
            />
        </div>
        <TextField
            id="job-time-limit" name="job[time_limit]" label=t!("job-time-limit-field") value=form.time_limit longest=24
            placeholder="1:00:00" fault=fault_of(problem, "time_limit_s")
        />
    }
    .into_any()
}

/// What most jobs do without: closed, unless something is filled in there or is wrong.
#[component]
fn More(form: JobForm, problem: Wrong) -> impl IntoView {
    let [output, arguments, array] = ["output", "arguments", "array"].map(|field| fault_of(problem, field));
    let turn = TURN.map(|field| fault_of(problem, field));
    let run = RUN_FIELDS.map(|field| fault_of(problem, field));
    let faults = move || [output, arguments, array].into_iter().chain(turn).chain(run);
    let wrong = Memo::new(move |_| faults().any(|fault| fault.get().is_some()));
    let details = NodeRef::<Details>::new();
    Effect::new(move |_| {
        if let (true, Some(details)) = (wrong.get(), details.get()) {
            details.set_open(true);
        }
    });
    let (open, held) = (form.is_unusual() || wrong.get_untracked(), form.hold == TICKED);
    view! {
        <details node_ref=details class="job-more" open=open>
            <summary>{t!("job-more")} <Glyph icon=Icon::Chevron/></summary>
            <div class="job-more-fields">
                <TextField
                    id="job-output-path" name="job[output]" label=t!("job-output-path") value=form.output.clone()
                    longest=200 optional=true placeholder=domain::job::OutputPath::USUAL fault=output
                />
                <p class="sub">{t!("job-output-path-about")}</p>
                <TextField
                    id="job-array" name="job[array]" label=t!("job-array") value=form.array.clone() longest=1000
                    optional=true placeholder="0-99%10" fault=array
                />
                <p class="sub">{t!("job-array-about")}</p>
                <div class="field">
                    <label for="job-arguments">{t!("job-arguments-field")}</label>
                    <textarea
                        id="job-arguments"
                        name="job[arguments]"
                        class="input mono is-lines"
                        rows="2"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        aria-invalid=move || arguments.get().is_some().then_some("true")
                        aria-describedby="job-arguments-fault"
                        inner_html=area(&form.arguments)
                    ></textarea>
                    <Fault name="job-arguments" fault=arguments/>
                </div>
                <RunFields form=form.run.clone() problem=problem/>
                <TurnFields form=form faults=turn/>
                <label class="check">
                    <input type="checkbox" name="job[hold]" value=TICKED checked=held/>
                    <span>{t!("job-hold-field")} <small>{t!("job-hold-field-about")}</small></span>
                </label>
            </div>
        </details>
    }
    .into_any()
}

#[component]
fn ScriptField(script: String, problem: Wrong) -> impl IntoView {
    let fault = fault_of(problem, "script");
    view! {
        <div class="field job-script">
            <label for="job-script">{t!("job-script")}</label>
            <textarea
                id="job-script"
                name="job[script]"
                class="input mono is-lines"
                rows="18"
                wrap="off"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                required
                aria-invalid=move || fault.get().is_some().then_some("true")
                aria-describedby="job-script-about job-script-fault"
                inner_html=area(&script)
            ></textarea>
            <p id="job-script-about" class="sub">{t!("job-script-about")}</p>
            <Fault name="job-script" fault=fault/>
        </div>
    }
    .into_any()
}

/// What of the limits is left. A job that needs more is not refused: it waits.
#[component]
fn Left() -> impl IntoView {
    let live = use_live();
    let left = Memo::new(move |_| left(live.limits(), live.usage()));
    let sentence = move || {
        let left = left.get();
        t!("job-left", cpus = cpus(left.cpus), memory = memory(left.memory_mib))
    };
    view! { <p class="sub">{sentence}</p> }
}
