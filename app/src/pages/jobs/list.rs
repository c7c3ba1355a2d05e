//! All jobs of the user, a page at a time, newest first: what each one is doing, why it waits, how it ended.

mod bulk;

use catalogue::t;
use domain::job::JobState;
use leptos::prelude::*;
use leptos_router::{hooks::use_query_map, location::Url};
use wire::{
    job::{Job, WaitCode},
    page::Page,
};

use self::bulk::{BulkBar, Choose, ChooseAll, provide_bulk};
use super::array_bar::ArrayBar;
use crate::{
    api::jobs::{Shown, read_jobs, read_standing},
    components::{
        icon::{Glyph, Icon},
        rich::Foreign,
        search_field::SearchField,
        skeleton::RowsSkeleton,
        state_mark::Dot,
        tab_title::TabTitle,
    },
    contexts::{clock::use_clock, live::use_live},
    layouts::chrome::TopBar,
    pages::{jobs::standing::Standing, problem::ProblemCard},
    routes,
    wording::{
        job::{asked_for, exit, latest, progress, spent, state_word, tone, wait_word},
        problem::of_server,
    },
};

/// What the list shows.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    shown: Shown,
    /// How their names begin; empty for any name.
    name: String,
    /// What the page begins behind; empty on the first one.
    after: String,
}

impl Asked {
    /// Where it is.
    fn address(&self) -> String {
        let shown = (self.shown != Shown::All).then(|| ("show", self.shown.as_str().to_owned()));
        let field = |name, text: &str| (!text.is_empty()).then(|| (name, Url::escape(text)));
        let fields = [shown, field("name", &self.name), field("after", &self.after)];
        let fields: Vec<String> = fields.into_iter().flatten().map(|(name, text)| format!("{name}={text}")).collect();
        if fields.is_empty() { routes::JOBS.to_owned() } else { format!("{}?{}", routes::JOBS, fields.join("&")) }
    }

    fn is_of_all(&self) -> bool {
        self.shown == Shown::All && self.name.is_empty() && self.after.is_empty()
    }
}

#[component]
pub(crate) fn JobsPage() -> impl IntoView {
    let (live, query) = (use_live(), use_query_map());
    let asked = Memo::new(move |_| {
        let field = |name| query.with(|query| query.get(name).unwrap_or_default());
        Asked { shown: Shown::parse(&field("show")), name: field("name"), after: field("after") }
    });
    let bulk = provide_bulk(asked);
    let page = Resource::new_blocking(
        move || (asked.get(), live.job_changes(), bulk.answers()),
        |(Asked { shown, name, after }, ..)| read_jobs(shown, name, after),
    );
    let standing = Resource::new_blocking(move || live.job_changes(), |_| read_standing());
    view! {
        <TabTitle title=t!("job-title")/>
        <TopBar here=t!("job-title")/>
        <div class="page">
            <header class="page-head">
                <div>
                    <h1>{t!("job-title")}</h1>
                    <p class="sub is-wide-only">{t!("job-subtitle")}</p>
                </div>
                <div class="page-actions">
                    <a class="button" href=routes::QUEUE><Glyph icon=Icon::Layers/> {t!("chrome-queue")}</a>
                    <SubmitLink/>
                </div>
            </header>
            <Search asked=asked/>
            <Filters asked=asked/>
            <BulkBar/>
            <Transition fallback=RowsSkeleton>
                {move || Suspend::new(async move {
                    // The list is of use without it.
                    let (page, standing) = (page.await, standing.await.ok());
                    match page {
                        Ok(page) => view! {
                            {standing.map(|found| view! { <Standing found=found/> })}
                            <Listed page=page asked=asked.get_untracked()/>
                        }
                        .into_any(),
                        Err(refused) => view! { <ProblemCard problem=refused.into()/> }.into_any(),
                    }
                })}
            </Transition>
        </div>
    }
    .into_any()
}

#[component]
fn SubmitLink() -> impl IntoView {
    view! {
        <a class="button is-primary" href=routes::NEW_JOB>
            <Glyph icon=Icon::Plus/>
            {t!("job-submit")}
        </a>
    }
}

fn word(shown: Shown) -> String {
    match shown {
        Shown::All => t!("job-shown-all"),
        Shown::Waiting => t!("job-shown-waiting"),
        Shown::Running => t!("job-shown-running"),
        Shown::Finished => t!("job-shown-finished"),
    }
}

/// By the beginning of their names.
#[component]
fn Search(asked: Memo<Asked>) -> impl IntoView {
    let address = move |name: &str| {
        let shown = asked.with_untracked(|asked| asked.shown);
        Asked { shown, name: name.to_owned(), after: String::new() }.address()
    };
    view! {
        <SearchField
            id="job-search"
            name="name"
            label=t!("job-search")
            submit=t!("job-search-submit")
            action=routes::JOBS
            longest=64
            value=Signal::derive(move || asked.with(|asked| asked.name.clone()))
            address=address
        >
            <input type="hidden" name="show" value=move || asked.with(|asked| asked.shown.as_str())/>
        </SearchField>
    }
}

/// The parts of the list, as links.
#[component]
fn Filters(asked: Memo<Asked>) -> impl IntoView {
    let link = move |shown: Shown| {
        let current = move || asked.with(|now| now.shown == shown).then_some("page");
        let address = move || asked.with(|now| Asked { shown, name: now.name.clone(), after: String::new() }.address());
        view! { <li><a class="filter" href=address aria-current=current>{word(shown)}</a></li> }
    };
    view! {
        <nav class="filters" aria-label=t!("job-shown")>
            <ul>{Shown::ALL.map(link)}</ul>
        </nav>
    }
}

#[component]
fn Listed(page: Page<Job>, asked: Asked) -> impl IntoView {
    let Page { items, next } = page;
    if items.is_empty() {
        return view! { <Empty asked=asked/> }.into_any();
    }
    let older = next.map(|next| {
        let address = Asked { after: next, ..asked.clone() }.address();
        view! { <a class="button is-small" href=address>{t!("job-older")}</a> }
    });
    let newest = (!asked.after.is_empty()).then(|| {
        let address = Asked { after: String::new(), ..asked.clone() }.address();
        view! { <a class="button is-small" href=address>{t!("job-newest")}</a> }
    });
    let on: Vec<i64> = items.iter().filter(|job| !job.state.is_final()).map(|job| job.id).collect();
    view! {
        <section class="card jobs" aria-label=t!("job-list")>
            <table>
                <thead>
                    <tr>
                        <th scope="col" class="job-choose"><ChooseAll ids=on/></th>
                        <th scope="col">{t!("job-job")}</th>
                        <th scope="col">{t!("job-state")}</th>
                        <th scope="col">{t!("job-progress")}</th>
                        <th scope="col">{t!("job-asked-for")}</th>
                        <th scope="col">{t!("job-time")}</th>
                    </tr>
                </thead>
                <tbody>{items.into_iter().map(|job| view! { <JobRow job=job/> }).collect_view()}</tbody>
            </table>
        </section>
        <nav class="pages" aria-label=t!("job-pages")>{newest} {older}</nav>
    }
    .into_any()
}

/// What stands in place of a list without jobs.
#[component]
fn Empty(asked: Asked) -> impl IntoView {
    if asked.is_of_all() {
        return view! {
            <section class="empty card">
                <h2>{t!("job-empty")}</h2>
                <p class="sub">{t!("job-empty-text")}</p>
                <a class="button is-primary" href=routes::NEW_JOB>
                    <Glyph icon=Icon::Plus/>
                    {t!("job-submit-first")}
                </a>
            </section>
        }
        .into_any();
    }
    let text = match asked.shown {
        _ if !asked.after.is_empty() => t!("job-none-older"),
        _ if !asked.name.is_empty() => t!("job-none-named", name = asked.name.as_str()),
        Shown::All => t!("job-empty"),
        Shown::Waiting => t!("job-none-waiting"),
        Shown::Running => t!("job-none-running"),
        Shown::Finished => t!("job-none-finished"),
    };
    view! {
        <section class="empty card">
            <p class="sub">{text}</p>
            <a class="button" href=routes::JOBS>{t!("job-show-all")}</a>
        </section>
    }
    .into_any()
}

#[component]
fn JobRow(job: Job) -> impl IntoView {
    let clock = use_clock();
    let (id, name, image) = (job.id, job.name.clone(), job.image.clone());
    let choose = (!job.state.is_final()).then(|| view! { <Choose id=id name=name.clone()/> });
    let (tone, state, asked_for) = (tone(job.state), state_word(&job), asked_for(&job));
    let time = {
        let job = job.clone();
        move || spent(&job, clock.now())
    };
    view! {
        <tr>
            <td class="job-choose">{choose}</td>
            <th scope="row">
                <a href=routes::job(id)>{name}" "<span class="job-number">{id}</span></a>
                <small class="mono">{image}</small>
            </th>
            <td data-label=t!("job-state")><div class="job-state"><Dot tone=tone/> <span>{state}</span></div></td>
            <td data-label=t!("job-progress") class="job-progress"><Doing job=job/></td>
            <td data-label=t!("job-asked-for")>{asked_for}</td>
            <td data-label=t!("job-time")>{time}</td>
        </tr>
    }
}

/// Whether the server's sentence says more than the code's own words.
const fn says_more(code: WaitCode) -> bool {
    use WaitCode::{Capacity, Dependency, Impossible, Limit, NotBefore};
    matches!(code, Impossible | Dependency | NotBefore | Limit | Capacity)
}

/// Why it waits, how far it is, or how it ended.
#[component]
fn Doing(job: Job) -> impl IntoView {
    let clock = use_clock();
    if let Some(array) = job.array.clone() {
        let waits = (job.state == JobState::Pending).then(|| view! { <small>{wait_word(&job)}</small> });
        return view! { <ArrayBar array=array/> {waits} }.into_any();
    }
    if job.state == JobState::Pending {
        let expected = job.waits.as_ref().and_then(|waits| waits.expected_start);
        let when = expected.map(|at| {
            view! { <small>{move || t!("job-expected", when = latest(at, clock.now()))}</small> }
        });
        let waits = job.waits.as_ref().filter(|waits| says_more(waits.code));
        let sentence = waits.map(|waits| of_server(waits.sentence.clone()));
        return view! {
            <span>{wait_word(&job)}</span>
            {sentence.map(|said| view! { <small><Foreign said=said/></small> })}
            {when}
        }
        .into_any();
    }
    if job.running_since.is_some() && !job.state.is_final() {
        return view! { <Bar job=job/> }.into_any();
    }
    let reason = job.reason.clone().map(|reason| view! { <small><Foreign said=of_server(reason)/></small> });
    let ended = exit(&job).map(|exit| view! { <span>{exit}</span> });
    view! { {ended} {reason} }.into_any()
}

/// How much of its time limit has passed. The text beside the bar says the same.
#[component]
pub(super) fn Bar(#[prop(into)] job: Signal<Job>) -> impl IntoView {
    let clock = use_clock();
    let now = Memo::new(move |_| job.with(|job| progress(job, clock.now())));
    let width = move || now.with(|now| format!("{:.1}%", now.as_ref().map_or(0.0, |(part, _)| part * 100.0)));
    view! {
        <span class="meter-bar" aria-hidden="true"><i style:width=width></i></span>
        <small>{move || now.with(|now| now.as_ref().map(|(_, words)| words.clone()))}</small>
    }
}
