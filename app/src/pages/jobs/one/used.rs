//! What a job that is over has used of what it asked for, and what would have been enough.

use catalogue::t;
use leptos::prelude::*;
use wire::job::Job;

use crate::{
    components::section::Section,
    wording::job::{Level, Used, used},
};

/// Nothing until it is over, and where it is not known.
#[component]
pub(super) fn UsedSection(job: Memo<Job>) -> impl IntoView {
    let found = Memo::new(move |_| job.with(used));
    let line = |Level { name, percent, words }: Level| {
        view! {
            <li>
                <span>{name}</span>
                <span class="meter-bar" aria-hidden="true"><i style:width=format!("{percent:.1}%")></i></span>
                <b>{words}</b>
            </li>
        }
    };
    let section = move |Used { levels, advice }: Used| {
        view! {
            <Section id="used" title=t!("job-used")>
                <div class="section-body job-used">
                    <ul class="funnel">{levels.map(line).into_iter().collect_view()}</ul>
                    {advice.into_iter().map(|sentence| view! { <p>{sentence}</p> }).collect_view()}
                </div>
            </Section>
        }
    };
    move || found.get().map(section).into_any()
}
