//! The elements of an array: how many fare how, those that have begun, and those again that have failed.

use catalogue::t;
use leptos::prelude::*;
use wire::{
    job::{ArrayView, Job},
    page::Page,
};

use super::super::array_bar::ArrayBar;
use crate::{
    api::{Refused, jobs::Fare},
    components::{
        icon::{Glyph, Icon},
        problem_note::ProblemNote,
        section::Section,
        state_mark::Dot,
    },
    contexts::{
        clock::use_clock,
        elements_live::{Asked, follow_elements},
    },
    routes,
    wording::job::{exit, spent, state_word, tone},
};

/// `initial`, `first`: what the page was rendered with.
#[component]
pub(super) fn Elements(
    job: Memo<Job>,
    initial: ArrayView,
    asked: Memo<Asked>,
    first: Result<Page<Job>, Refused>,
) -> impl IntoView {
    let id = job.with_untracked(|job| job.id);
    let array = Memo::new(move |_| job.with(|job| job.array.clone()).unwrap_or_else(|| initial.clone()));
    let elements = follow_elements(id, asked, first);
    let problem = Signal::derive(move || elements.problem());
    let listed = move || {
        let page = elements.page()?;
        Some(view! { <Listed array=id page=page asked=asked.get()/> })
    };
    let failed = Memo::new(move |_| array.with(|array| Fare::Failed.count(array)) > 0);
    let again = move || {
        failed.get().then(|| {
            view! {
                <a class="button is-small" href=routes::failed_like(id)>
                    <Glyph icon=Icon::Restart/>
                    {t!("job-elements-again")}
                </a>
            }
        })
    };
    view! {
        <Section id="elements" title=t!("job-elements") action=ViewFnOnce::from(move || again.into_any())>
            <div class="section-body job-elements">
                <div><ArrayBar array=array/></div>
                <ByFare array=array id=id asked=asked/>
            </div>
            <div class="section-notes"><ProblemNote problem=problem/></div>
            {listed}
        </Section>
    }
    .into_any()
}

/// Which of them are shown, as links. Those that have not begun are not in the list.
#[component]
fn ByFare(array: Memo<ArrayView>, id: i64, asked: Memo<Asked>) -> impl IntoView {
    let link = move |fare: Option<Fare>| {
        let current = move || asked.with(|(now, _)| *now == fare).then_some("page");
        let word = move || match fare {
            None => t!("job-shown-all"),
            Some(fare) => fare.count_word(array.with(|array| fare.count(array))),
        };
        let address = routes::elements(id, fare.map(Fare::as_str).unwrap_or_default(), "");
        view! { <li><a class="filter" href=address data-noscroll="true" aria-current=current>{word}</a></li> }
    };
    let fares = Fare::ALL.into_iter().filter(|fare| *fare != Fare::Waiting).map(Some);
    view! {
        <nav class="filters" aria-label=t!("job-elements-shown")>
            <ul>{std::iter::once(None).chain(fares).map(link).collect_view()}</ul>
        </nav>
    }
}

#[component]
fn Listed(array: i64, page: Page<Job>, asked: Asked) -> impl IntoView {
    let Page { items, next } = page;
    let (fare, after) = asked;
    if items.is_empty() {
        let text =
            if fare.is_none() && after.is_empty() { t!("job-elements-none") } else { t!("job-elements-none-so") };
        return view! { <p class="section-empty sub">{text}</p> }.into_any();
    }
    let fare = fare.map(Fare::as_str).unwrap_or_default();
    let link = |after: &str, text: String| {
        view! { <a class="button is-small" href=routes::elements(array, fare, after) data-noscroll="true">{text}</a> }
    };
    let first = (!after.is_empty()).then(|| link("", t!("job-elements-first")));
    let next = next.map(|next| link(&next, t!("job-elements-next")));
    let pages = (first.is_some() || next.is_some()).then(|| {
        view! { <nav class="section-foot" aria-label=t!("job-elements-pages")>{first} {next}</nav> }
    });
    view! {
        <table>
            <thead>
                <tr>
                    <th scope="col">{t!("job-element")}</th>
                    <th scope="col">{t!("job-state")}</th>
                    <th scope="col">{t!("job-exit")}</th>
                    <th scope="col">{t!("job-host")}</th>
                    <th scope="col">{t!("job-time")}</th>
                </tr>
            </thead>
            <tbody>{items.into_iter().map(|job| view! { <Row job=job/> }).collect_view()}</tbody>
        </table>
        {pages}
    }
    .into_any()
}

#[component]
fn Row(job: Job) -> impl IntoView {
    let clock = use_clock();
    let index = job.element.map(|element| element.index.to_string()).unwrap_or_default();
    let (tone, state, reference) = (tone(job.state), state_word(&job), job.reference());
    let (ended, host) = (exit(&job).unwrap_or_else(none), job.worker.clone().unwrap_or_else(none));
    let time = move || spent(&job, clock.now());
    view! {
        <tr>
            <th scope="row"><a href=routes::job(reference)>{index}</a></th>
            <td data-label=t!("job-state")><div class="job-state"><Dot tone=tone/> <span>{state}</span></div></td>
            <td data-label=t!("job-exit")>{ended}</td>
            <td data-label=t!("job-host") class="mono">{host}</td>
            <td data-label=t!("job-time")>{time}</td>
        </tr>
    }
}

fn none() -> String {
    "–".to_owned()
}
