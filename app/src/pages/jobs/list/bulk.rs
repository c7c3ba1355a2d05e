//! What is done with several jobs of the list at once: they are ticked, and what became of each is said. Without the script
//! there is nothing of it; each job's page has the same.

use std::collections::BTreeSet;

use catalogue::t;
use leptos::prelude::*;
use wire::queue::{BulkAction, BulkedJob};

use super::Asked;
use crate::{
    api::jobs::BulkJobs,
    components::{
        icon::{Glyph, Icon},
        menu::Menu,
        rich::Foreign,
        row_menu::TakeAway,
    },
    contexts::actions::{take_in, use_actions},
    wording::problem::of_server,
};

/// Which are ticked, and what is being done with them.
#[derive(Clone, Copy)]
pub(super) struct Bulk {
    chosen: RwSignal<BTreeSet<i64>>,
    action: ServerAction<BulkJobs>,
    is_acting: Memo<bool>,
}

impl Bulk {
    /// Another number when there was an answer.
    pub(super) fn answers(self) -> usize {
        self.action.version().get()
    }

    fn count(self) -> usize {
        self.chosen.with(BTreeSet::len)
    }

    fn choose(self, ids: &[i64], is_chosen: bool) {
        self.chosen.update(|chosen| {
            for id in ids {
                if is_chosen {
                    chosen.insert(*id);
                } else {
                    chosen.remove(id);
                }
            }
        });
    }

    /// Forgets those that are not among these.
    fn keep(self, ids: &[i64]) {
        self.chosen.maybe_update(|chosen| {
            let before = chosen.len();
            chosen.retain(|id| ids.contains(id));
            chosen.len() != before
        });
    }

    fn act(self, action: BulkAction) {
        let jobs = self.chosen.with_untracked(|chosen| chosen.iter().copied().collect());
        self.action.dispatch(BulkJobs { action, jobs });
    }
}

/// For the page of this list. Another list begins with nothing ticked.
pub(super) fn provide_bulk(asked: Memo<Asked>) -> Bulk {
    let action = ServerAction::<BulkJobs>::new();
    let bulk = Bulk { chosen: RwSignal::new(BTreeSet::new()), action, is_acting: action.pending() };
    take_in(action, Some(use_actions().problem), move |_| bulk.keep(&[]));
    Effect::new(move |before: Option<Asked>| {
        let asked = asked.get();
        if before.is_some_and(|before| before != asked) {
            bulk.keep(&[]);
        }
        asked
    });
    provide_context(bulk);
    bulk
}

/// Ticks one.
#[component]
pub(super) fn Choose(id: i64, name: String) -> impl IntoView {
    let bulk: Bulk = expect_context();
    let label = t!("job-choose", name = name.as_str(), number = id.to_string());
    view! {
        <input
            type="checkbox"
            class="tick needs-script"
            aria-label=label
            prop:checked=move || bulk.chosen.with(|chosen| chosen.contains(&id))
            on:change:target=move |event| bulk.choose(&[id], event.target().checked())
        />
    }
}

/// Ticks all of the page that are not over.
#[component]
pub(super) fn ChooseAll(ids: Vec<i64>) -> impl IntoView {
    let bulk: Bulk = expect_context();
    let ids = StoredValue::new(ids);
    // What is over meanwhile is not counted any more.
    Effect::new(move |_| ids.with_value(|ids| bulk.keep(ids)));
    let all = move || ids.try_with_value(Vec::len).is_some_and(|all| all > 0 && bulk.count() == all);
    let some = move || bulk.count() > 0 && !all();
    view! {
        <input
            type="checkbox"
            class="tick needs-script"
            aria-label=t!("job-choose-all")
            disabled=ids.with_value(Vec::is_empty)
            prop:checked=all
            prop:indeterminate=some
            on:change:target=move |event| ids.with_value(|ids| bulk.choose(ids, event.target().checked()))
        />
    }
}

/// What can be done with those that are ticked, and what became of the last ones.
#[component]
pub(super) fn BulkBar() -> impl IntoView {
    let bulk: Bulk = expect_context();
    let acting = bulk.is_acting;
    let button = move |action: BulkAction, icon: Icon, text: String| {
        view! {
            <button type="button" class="button is-small" disabled=acting on:click=move |_| bulk.act(action)>
                <Glyph icon=icon/>
                {text}
            </button>
        }
    };
    let cancel = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        bulk.act(BulkAction::Cancel);
    };
    view! {
        <div class="bulk card" role="group" aria-label=t!("job-bulk") hidden=move || bulk.count() == 0>
            <b>{move || t!("job-bulk-chosen", n = bulk.count())}</b>
            <Menu
                id="cancel-jobs"
                label=t!("job-cancel")
                class="button is-small"
                button=|| view! { <Glyph icon=Icon::Close/> {t!("job-cancel")} }
            >
                <p class="menu-text">{t!("job-bulk-lost")}</p>
                <form on:submit=cancel>
                    <TakeAway icon=Icon::Close text=t!("job-bulk-cancel-now") pending=acting/>
                </form>
            </Menu>
            {button(BulkAction::Hold, Icon::Pause, t!("job-hold"))}
            {button(BulkAction::Release, Icon::Play, t!("job-release"))}
            <button type="button" class="button is-small is-ghost" on:click=move |_| bulk.keep(&[])>
                {t!("job-bulk-none")}
            </button>
        </div>
        <div class="bulk-outcome" role="status"><Outcome bulk=bulk/></div>
    }
}

/// How many it was done with, and with which not.
#[component]
fn Outcome(bulk: Bulk) -> impl IntoView {
    let failed = |job: &BulkedJob| {
        let problem = job.problem.clone()?;
        let which = t!("job-bulk-failed", number = job.id.to_string());
        Some(view! { <li>{which} " " <Foreign said=of_server(problem.detail)/></li> })
    };
    move || {
        let jobs = bulk.action.value().get().and_then(Result::ok)?.jobs;
        let done = jobs.iter().filter(|job| job.problem.is_none()).count();
        let failed: Vec<_> = jobs.iter().filter_map(failed).collect();
        Some(view! { <p>{t!("job-bulk-done", n = done)}</p> <ul>{failed}</ul> })
    }
}
