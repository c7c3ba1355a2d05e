//! What a job waits or has waited for, among its facts: other jobs, a time, a deadline, and how much it lets others go first.

use catalogue::t;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use wire::job::Job;

use crate::{contexts::zone::use_zone, routes, wording::time::exact};

/// What was not asked for is not shown.
#[component]
pub(super) fn TurnFacts(job: Memo<Job>) -> impl IntoView {
    let (after, begin, deadline, nice) =
        job.with_untracked(|job| (job.after.clone(), job.begin_at, job.deadline, job.nice));
    let time = |at: DateTime<Utc>| view! { <Exact at=at/> };
    view! {
        {after.map(|after| view! { <div><dt>{t!("job-after")}</dt><dd class="mono">{linked(&after)}</dd></div> })}
        {begin.map(|at| view! { <div><dt>{t!("job-begin")}</dt><dd>{time(at)}</dd></div> })}
        {deadline.map(|at| view! { <div><dt>{t!("job-deadline")}</dt><dd>{time(at)}</dd></div> })}
        {(nice != 0).then(|| view! { <div><dt>{t!("job-nice")}</dt><dd>{nice}</dd></div> })}
    }
    .into_any()
}

#[component]
fn Exact(at: DateTime<Utc>) -> impl IntoView {
    let zone = use_zone();
    view! { <time datetime=at.to_rfc3339()>{move || exact(at, &zone.get())}</time> }
}

/// With links to the jobs that it names.
fn linked(after: &str) -> impl IntoView + use<> {
    let piece = |(word, mark): (String, String)| {
        let word = match word.parse::<i64>() {
            Ok(id) => view! { <a href=routes::job(id)>{word}</a> }.into_any(),
            Err(_) => word.into_any(),
        };
        view! { {word}{mark}<wbr/> }
    };
    pieces(after).into_iter().map(piece).collect_view()
}

/// Each word or number, and the mark behind it.
fn pieces(after: &str) -> Vec<(String, String)> {
    let piece = |piece: &str| {
        let word = piece.trim_end_matches(MARKS);
        (word.to_owned(), piece.strip_prefix(word).unwrap_or_default().to_owned())
    };
    after.split_inclusive(MARKS).map(piece).collect()
}

const MARKS: [char; 3] = [':', ',', '?'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_words_and_nothing_is_lost() {
        let text = "afterok:12:13?singleton";
        let pieces = pieces(text);
        let words: Vec<&str> = pieces.iter().map(|(word, _)| word.as_str()).collect();
        assert_eq!(words, ["afterok", "12", "13", "singleton"]);
        assert_eq!(pieces.into_iter().map(|(word, mark)| word + &mark).collect::<String>(), text);
    }
}
