//! Name, number and state of a job, how far it is or why it ended, and what can be done.

use catalogue::t;
use domain::job::JobState;
use leptos::{form::ActionForm, prelude::*};
use wire::job::{Element, Job};

use super::{super::list::Bar, JobActions};
use crate::{
    components::{
        icon::{Glyph, Icon},
        menu::Menu,
        rich::Foreign,
        row_menu::TakeAway,
        state_mark::{Dot, Tag},
    },
    contexts::clock::use_clock,
    routes,
    wording::{
        job::{spent, state_word, tone},
        problem::of_server,
    },
};

#[component]
pub(super) fn Header(job: Memo<Job>) -> impl IntoView {
    let clock = use_clock();
    let (reference, name) = job.with_untracked(|job| (job.reference(), job.name.clone()));
    let array = job.with_untracked(|job| job.element).map(|Element { of, index }| {
        let text = t!("job-element-of", index = index.to_string(), array = of.to_string());
        view! { <a href=routes::job(of)>{text}</a> " · " }
    });
    let tone = Signal::derive(move || job.with(|job| tone(job.state)));
    let state = Signal::derive(move || job.with(state_word));
    let runs = Memo::new(move |_| job.with(|job| job.running_since.is_some() && !job.state.is_final()));
    let spent = Memo::new(move |_| job.with(|job| spent(job, clock.now())));
    let how_far = move || {
        if runs.get() {
            view! { <div class="job-bar"><Bar job=job/></div> }.into_any()
        } else {
            view! { <span>{move || spent.get()}</span> }.into_any()
        }
    };
    view! {
        <header class="page-head">
            <div>
                <div class="page-title">
                    <Dot tone=tone/>
                    <h1>{name}" "<span class="job-number">{reference}</span></h1>
                    <Tag tone=tone text=state/>
                </div>
                <div class="sub">
                    {array}
                    {how_far}
                    // A page without script does not change by itself.
                    <noscript inner_html=format!(" <a href=\"\">{}</a>", t!("vcluster-look-again"))></noscript>
                </div>
            </div>
            <Doing job=job/>
        </header>
        <Reason job=job/>
    }
    .into_any()
}

/// What makes sense now.
#[component]
fn Doing(job: Memo<Job>) -> impl IntoView {
    let again = job.with_untracked(|job| routes::job_like(job.reference()));
    // Of an array, all elements that wait are held, or none.
    let can_wait = Memo::new(move |_| job.with(|job| job.state == JobState::Pending && job.element.is_none()));
    let can_end = Memo::new(move |_| job.with(|job| !job.state.is_final() && job.state != JobState::Completing));
    view! {
        <div class="page-actions">
            {move || can_wait.get().then(|| view! { <Hold job=job/> })}
            {move || can_end.get().then(|| view! { <Cancel job=job/> })}
            <a class="button" href=again>
                <Glyph icon=Icon::Restart/>
                {t!("job-again")}
            </a>
        </div>
    }
}

/// Keeps it from starting, or lets it.
#[component]
fn Hold(job: Memo<Job>) -> impl IntoView {
    let actions: JobActions = expect_context();
    let id = job.with_untracked(Job::reference);
    let held = move || job.with(|job| job.held);
    let pending = actions.is_holding;
    let icon = move || view! { <Glyph icon=if held() { Icon::Play } else { Icon::Pause }/> };
    let label = move || if held() { t!("job-release") } else { t!("job-hold") };
    view! {
        <ActionForm action=actions.hold>
            <input type="hidden" name="id" value=id/>
            <input type="hidden" name="held" value=move || (!held()).to_string()/>
            <button type="submit" class="button" disabled=pending aria-busy=move || pending.get().then_some("true")>
                {icon}
                {label}
            </button>
        </ActionForm>
    }
}

/// Ends it, once it was said what is lost.
#[component]
fn Cancel(job: Memo<Job>) -> impl IntoView {
    let actions: JobActions = expect_context();
    let (id, name) = job.with_untracked(|job| (job.reference(), job.name.clone()));
    let lost = move || {
        if job.with(|job| job.state == JobState::Pending) { t!("job-cancel-lost-turn") } else { t!("job-cancel-lost") }
    };
    view! {
        <Menu
            id="cancel-job"
            label=t!("job-cancel-of", name = name.as_str(), number = id.as_str())
            class="button"
            button=|| view! { <Glyph icon=Icon::Close/> {t!("job-cancel")} }
        >
            <p class="menu-text">{lost}</p>
            <ActionForm action=actions.cancel>
                <input type="hidden" name="id" value=id/>
                <TakeAway icon=Icon::Close text=t!("job-cancel-now") pending=actions.is_cancelling/>
            </ActionForm>
        </Menu>
    }
}

/// Why it ended as it did, or what is being done now.
#[component]
fn Reason(job: Memo<Job>) -> impl IntoView {
    let reason = Memo::new(move |_| job.with(|job| job.reason.clone()));
    let class = move || format!("note {}", job.with(|job| tone(job.state)).class());
    let note = move || {
        reason.get().map(|reason| {
            view! {
                <div class=class>
                    <Glyph icon=Icon::Warning/>
                    <p><Foreign said=of_server(reason)/></p>
                </div>
            }
        })
    };
    view! {
        <div class="trouble" role="status">
            {note}
            <p class="visually-hidden">{move || job.with(state_word)}</p>
        </div>
    }
}
