//! One job while its page is looked at: begun with what the server rendered, and read again when something has happened to one
//! of the user's jobs. While it waits, others' jobs move the queue, too, so it is then read again now and then.

use std::time::Duration;

use leptos::prelude::*;
use wire::job::Job;

use super::{asking::Asking, live::use_live, stream::seen};
use crate::api::jobs::read_job;

/// Often enough for a reason to wait.
const AGAIN: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy)]
pub(crate) struct JobLive {
    job: RwSignal<Job>,
    asking: Asking,
}

impl JobLive {
    pub(crate) fn get(self) -> Job {
        self.job.get()
    }

    /// Takes in the answer to an action of this page.
    pub(crate) fn answered(self, job: &Job) {
        self.job.set(job.clone());
    }

    fn look(self) {
        self.asking.ask(move || async move {
            let Some(reference) = self.job.try_with_untracked(Job::reference) else { return };
            // A question without an answer leaves the page as it is; the next one comes.
            if let Ok(job) = read_job(reference).await {
                self.job.try_set(job);
            }
        });
    }

    fn look_if_it_waits(self) {
        let waits = self.job.try_get_untracked().is_some_and(|job| job.state == domain::job::JobState::Pending);
        if waits && seen() {
            self.look();
        }
    }
}

/// For the page of this job.
pub(crate) fn provide_job_live(initial: Job) -> JobLive {
    let live = use_live();
    let job_live = JobLive { job: RwSignal::new(initial), asking: Asking::new() };
    Effect::new(move |before: Option<u32>| {
        let changes = live.job_changes();
        if before.is_some_and(|before| before != changes) {
            job_live.look();
        }
        changes
    });
    Effect::new(move |_| {
        if let Ok(interval) = set_interval_with_handle(move || job_live.look_if_it_waits(), AGAIN) {
            on_cleanup(move || interval.clear());
        }
    });
    provide_context(job_live);
    job_live
}

pub(crate) fn use_job_live() -> JobLive {
    expect_context()
}
