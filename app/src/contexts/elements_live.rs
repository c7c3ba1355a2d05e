//! The elements of an array while its page is looked at: begun with what the server rendered, and read again when others are asked
//! for, or something has happened to one of the user's jobs.

use leptos::prelude::*;
use wire::{job::Job, page::Page, problem::Problem};

use super::{asking::Asking, live::use_live};
use crate::api::{
    Refused,
    jobs::{Fare, read_elements},
};

/// How those fare that are shown, all where that is not said; and the index behind which they begin, or nothing.
pub(crate) type Asked = (Option<Fare>, String);

#[derive(Debug, Clone, Copy)]
pub(crate) struct ElementsLive {
    array: StoredValue<String>,
    asked: Memo<Asked>,
    page: RwSignal<Result<Page<Job>, Problem>>,
    asking: Asking,
}

impl ElementsLive {
    pub(crate) fn page(self) -> Option<Page<Job>> {
        self.page.get().ok()
    }

    pub(crate) fn problem(self) -> Option<Problem> {
        self.page.get().err()
    }

    fn look(self) {
        self.asking.ask(move || async move {
            let (asked, array) = (self.asked.try_get_untracked(), self.array.try_get_value());
            let (Some((fare, after)), Some(array)) = (asked, array) else { return };
            // A question without an answer leaves the page as it is; the next one comes.
            if let Ok(page) = read_elements(array, fare, after).await {
                self.page.try_set(Ok(page));
            }
        });
    }
}

/// Follows the elements of this array.
pub(crate) fn follow_elements(array: i64, asked: Memo<Asked>, first: Result<Page<Job>, Refused>) -> ElementsLive {
    let live = use_live();
    let elements = ElementsLive {
        array: StoredValue::new(array.to_string()),
        asked,
        page: RwSignal::new(first.map_err(Problem::from)),
        asking: Asking::new(),
    };
    Effect::new(move |before: Option<(u32, Asked)>| {
        let now = (live.job_changes(), asked.get());
        if before.is_some_and(|before| before != now) {
            elements.look();
        }
        now
    });
    elements
}
