//! What one job writes while its page is looked at: begun with what the server rendered, then asked for piece by piece. Each
//! question waits at the server for something to be written; a hidden page asks none.

use std::{sync::Arc, time::Duration};

use leptos::{prelude::*, task::spawn_local};
use wire::{job::JobOutput, problem::Problem};

use super::stream::seen;
use crate::{
    api::{Refused, jobs::read_output},
    output::{Chunk, Tail},
};

/// Between questions: what is written meanwhile comes in one piece, and is drawn once.
const PAUSE: Duration = Duration::from_millis(200);
/// After no answer.
const RETRY: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy)]
pub(crate) struct OutputLive {
    /// Of the job.
    reference: StoredValue<String>,
    tail: RwSignal<Tail>,
    /// Why the last question had no answer.
    problem: RwSignal<Option<Problem>>,
    asking: StoredValue<bool>,
}

impl OutputLive {
    /// The parts of the text.
    pub(crate) fn chunks(self) -> Vec<Arc<Chunk>> {
        self.tail.with(Tail::chunks)
    }

    /// Bytes of the file.
    pub(crate) fn size(self) -> u64 {
        self.tail.with(Tail::size)
    }

    /// Only the end of the output is in the text.
    pub(crate) fn is_cut(self) -> bool {
        self.tail.with(Tail::is_cut)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.tail.with(Tail::is_empty)
    }

    pub(crate) fn is_whole(self) -> bool {
        self.tail.with(Tail::is_whole)
    }

    pub(crate) fn problem(self) -> Option<Problem> {
        self.problem.get()
    }

    /// Has whatever asks run again when there is more.
    pub(crate) fn track(self) {
        self.tail.track();
    }

    fn take_in(self, answer: Result<JobOutput, Refused>) {
        let problem = match answer {
            Ok(piece) => {
                self.tail.try_update(|tail| tail.take_in(&piece));
                None
            }
            Err(refused) => Some(refused.into()),
        };
        if self.problem.try_get_untracked() != Some(problem.clone()) {
            self.problem.try_set(problem);
        }
    }

    /// Asks for what follows, and goes on asking while the page is seen and there is more to come.
    fn ask(self) {
        let Some((next, is_whole)) = self.tail.try_with_untracked(|tail| (tail.next(), tail.is_whole())) else {
            return;
        };
        let is_refused = self.problem.try_get_untracked().flatten().is_some_and(|problem| is_final(&problem));
        if is_whole || is_refused || !seen() {
            return;
        }
        if self.asking.try_update_value(|asking| std::mem::replace(asking, true)) != Some(false) {
            return;
        }
        let Some(reference) = self.reference.try_get_value() else { return };
        spawn_local(async move {
            let answer = read_output(reference, next, true).await;
            let pause = if answer.is_ok() { PAUSE } else { RETRY };
            self.take_in(answer);
            let again = move || {
                self.asking.try_set_value(false);
                self.ask();
            };
            set_timeout(again, pause);
        });
    }
}

/// Asking again changes nothing.
fn is_final(problem: &Problem) -> bool {
    (400..500).contains(&problem.status) && problem.status != 429
}

/// Follows the output of a job from behind what was read of it first.
pub(crate) fn follow_output(reference: String, first: Result<JobOutput, Refused>) -> OutputLive {
    let output = OutputLive {
        reference: StoredValue::new(reference),
        tail: RwSignal::new(Tail::default()),
        problem: RwSignal::new(None),
        asking: StoredValue::new(false),
    };
    output.take_in(first);
    // Effects run only in the browser.
    Effect::new(move |_| {
        output.ask();
        let listener = window_event_listener_untyped("visibilitychange", move |_| output.ask());
        on_cleanup(move || listener.remove());
    });
    output
}
