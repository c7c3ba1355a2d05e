//! Fields of a script's surroundings, of when it is tried again, and of its tags.

use catalogue::t;
use leptos::prelude::*;

use super::{super::draft::RunForm, Wrong};
use crate::{
    components::field::{Fault, TextField, area},
    forms::fault_of,
};

/// What can be wrong with them.
pub(super) const RUN_FIELDS: [&str; 6] = ["environment", "directory", "warning", "retries", "retry_on", "tags"];

const WARNING: &str = "USR1@120";

#[component]
pub(super) fn RunFields(form: RunForm, problem: Wrong) -> impl IntoView {
    let environment = fault_of(problem, "environment");
    view! {
        <div class="field">
            <label for="job-environment">{t!("job-environment-field")}</label>
            <textarea
                id="job-environment"
                name="job[run][environment]"
                class="input mono is-lines"
                rows="2"
                wrap="off"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                aria-invalid=move || environment.get().is_some().then_some("true")
                aria-describedby="job-environment-fault"
                inner_html=area(&form.environment)
            ></textarea>
            <Fault name="job-environment" fault=environment/>
        </div>
        <TextField
            id="job-directory" name="job[run][directory]" label=t!("job-directory-field") value=form.directory
            longest=200 optional=true placeholder="projects/run-7" fault=fault_of(problem, "directory")
        />
        <TextField
            id="job-warning" name="job[run][warning]" label=t!("job-warning-field") value=form.warning longest=20
            optional=true placeholder=WARNING fault=fault_of(problem, "warning")
        />
        <div class="form-pair is-even">
            <TextField
                id="job-retries" name="job[run][retries]" label=t!("job-retries-field") value=form.retries longest=2
                optional=true inputmode="numeric" placeholder="0" fault=fault_of(problem, "retries")
            />
            <TextField
                id="job-retry-on" name="job[run][retry_on]" label=t!("job-retry-on-field") value=form.retry_on
                optional=true placeholder="75, host-lost" fault=fault_of(problem, "retry_on")
            />
        </div>
        <TextField
            id="job-tags" name="job[run][tags]" label=t!("job-tags-field") value=form.tags optional=true
            placeholder="night exp:7" fault=fault_of(problem, "tags")
        />
    }
    .into_any()
}
