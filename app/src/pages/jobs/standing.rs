//! How the user stands in the queue, above the list of their jobs: what they have used, and why their jobs wait.

use catalogue::t;
use chrono::TimeDelta;
use leptos::prelude::*;
use wire::why::{Standing as Found, WaitingFor};

use crate::{
    api::jobs::Shown,
    routes,
    wording::{amount::number, job::code_word, time::length},
};

/// Nothing where there is nothing to be said: nobody waits, and nothing was used.
#[component]
pub(super) fn Standing(found: Found) -> impl IntoView {
    let share = share(&found).map(|sentence| view! { <span>{sentence}</span> });
    let reason = |WaitingFor { code, jobs }: WaitingFor| {
        let words = t!("job-reason-count", reason = code_word(code), jobs = jobs);
        view! { <a href=routes::jobs_shown(Shown::Waiting.as_str())>{words}</a> }
    };
    let reasons = found.waiting.into_iter().map(reason).collect::<Vec<_>>();
    (share.is_some() || !reasons.is_empty()).then(|| view! { <p class="job-standing sub">{share} {reasons}</p> })
}

/// How much of what all have used is theirs; nothing where that decides nothing.
fn share(found: &Found) -> Option<String> {
    let times = (found.times_of_share * 10.0).round() / 10.0;
    if !found.decides || times == 0.0 {
        return None;
    }
    let half_life = TimeDelta::try_seconds(found.half_life_s)?;
    Some(t!("job-share", times = number(times), length = length(half_life)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_is_said_where_it_decides() {
        let found = Found {
            sentence: String::new(),
            used_cpu_hours: 12.0,
            of_all: 0.5,
            times_of_share: 3.12,
            half_life_s: 604_800,
            running_cpus: 0.0,
            decides: true,
            waiting: Vec::new(),
        };
        assert_eq!(
            share(&found).as_deref(),
            Some("You have used 3.1 × your share; half of that is forgotten every 7 d.")
        );
        assert_eq!(share(&Found { decides: false, ..found.clone() }), None);
        assert_eq!(share(&Found { times_of_share: 0.01, ..found }), None);
    }
}
