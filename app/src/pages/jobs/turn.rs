//! What a new job waits for, in its form: other jobs, a time, or that others go first.

use catalogue::t;
use leptos::prelude::*;

use super::draft::JobForm;
use crate::{components::field::TextField, contexts::zone::use_zone, wording::problem::Said};

/// Faults of these stand beside its fields.
pub(super) const TURN: [&str; 4] = ["after", "begin_at", "deadline", "nice"];

/// `faults`: of [`TURN`].
#[component]
pub(super) fn TurnFields(form: JobForm, faults: [Signal<Option<Said>>; 4]) -> impl IntoView {
    let zone = use_zone();
    let [after, begin, deadline, nice] = faults;
    view! {
        <input type="hidden" name="job[zone]" value=move || zone.get().name().to_owned()/>
        <TextField
            id="job-after" name="job[after]" label=t!("job-after-field") value=form.after longest=1000 optional=true
            placeholder="afterok:12" fault=after
        />
        <p class="sub">{t!("job-after-about")}</p>
        <div class="form-pair is-even">
            <TextField
                id="job-begin" name="job[begin_at]" label=t!("job-begin") value=form.begin_at kind="datetime-local"
                optional=true fault=begin
            />
            <TextField
                id="job-deadline" name="job[deadline]" label=t!("job-deadline") value=form.deadline
                kind="datetime-local" optional=true fault=deadline
            />
        </div>
        <p class="sub">{t!("job-deadline-about")}</p>
        <TextField
            id="job-nice" name="job[nice]" label=t!("job-nice-field") value=form.nice longest=12 inputmode="numeric"
            optional=true placeholder="0" fault=nice
        />
    }
    .into_any()
}
