//! Every time a job was tried, where that was more than once.

use catalogue::t;
use leptos::prelude::*;
use wire::job::{Attempt, Job};

use crate::{
    components::{rich::Foreign, section::Section, time_ago::TimeAgo},
    wording::{job::exit_by, problem::of_server},
};

#[component]
pub(super) fn Attempts(job: Memo<Job>) -> impl IntoView {
    let attempts = Memo::new(move |_| job.with(|job| job.attempts.clone()));
    let are_several = Memo::new(move |_| attempts.with(|attempts| attempts.len() > 1));
    let rows = move || (1_u32..).zip(attempts.get()).map(row).collect_view();
    move || {
        are_several.get().then(|| {
            view! {
                <Section id="attempts" title=t!("job-attempts")>
                    <table>
                        <thead>
                            <tr>
                                <th scope="col">{t!("job-attempt")}</th>
                                <th scope="col">{t!("job-host")}</th>
                                <th scope="col">{t!("job-attempt-began")}</th>
                                <th scope="col">{t!("job-step-ended")}</th>
                                <th scope="col">{t!("job-exit")}</th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </Section>
            }
        })
    }
}

fn row((number, attempt): (u32, Attempt)) -> impl IntoView {
    let ended = match attempt.ended_at {
        Some(at) => view! { <TimeAgo at=at/> }.into_any(),
        None => "–".into_any(),
    };
    let exit = exit_by(attempt.exit_code, attempt.signal).unwrap_or_else(|| "–".to_owned());
    let reason = attempt.reason.map(|reason| view! { <small><Foreign said=of_server(reason)/></small> });
    view! {
        <tr>
            <th scope="row">{number}</th>
            <td data-label=t!("job-host") class="mono">{attempt.worker}</td>
            <td data-label=t!("job-attempt-began")><TimeAgo at=attempt.started_at/></td>
            <td data-label=t!("job-step-ended")>{ended}</td>
            <td data-label=t!("job-exit")>{exit} {reason}</td>
        </tr>
    }
}
