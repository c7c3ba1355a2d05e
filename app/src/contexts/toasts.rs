//! Short messages at the edge of the page: what has happened while one looked elsewhere. Read out politely; they leave
//! by themselves.

use std::time::Duration;

use leptos::prelude::*;

use crate::wording::notice::Notice;

/// Long enough to read twice.
const SHOWN: Duration = Duration::from_secs(7);
/// More would hide the page.
const MOST: usize = 4;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Toast {
    pub(crate) number: u32,
    pub(crate) notice: Notice,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

impl Toasts {
    pub(crate) fn shown(self) -> Vec<Toast> {
        self.shown.get()
    }

    pub(crate) fn push(self, notice: Notice) {
        let number = self.next.get_value();
        self.next.set_value(number.wrapping_add(1));
        self.shown.update(|shown| {
            shown.push(Toast { number, notice });
            let surplus = shown.len().saturating_sub(MOST);
            shown.drain(..surplus);
        });
        set_timeout(move || self.dismiss(number), SHOWN);
    }

    pub(crate) fn dismiss(self, number: u32) {
        // The page may have been left in the meantime, and its toasts with it.
        self.shown.try_update(|shown| shown.retain(|toast| toast.number != number));
    }
}

pub(crate) fn provide_toasts() -> Toasts {
    let toasts = Toasts { shown: RwSignal::new(Vec::new()), next: StoredValue::new(0) };
    provide_context(toasts);
    toasts
}

pub(crate) fn use_toasts() -> Toasts {
    expect_context()
}
