//! One question at a time: what happens while it is asked leads to another one, however often it happens.

use std::future::Future;

use leptos::{prelude::*, task::spawn_local};

#[derive(Debug, Clone, Copy)]
pub(super) struct Asking {
    asked: StoredValue<bool>,
    /// Something has happened since the question began.
    again: StoredValue<bool>,
}

impl Asking {
    pub(super) fn new() -> Self {
        Self { asked: StoredValue::new(false), again: StoredValue::new(false) }
    }

    pub(super) fn ask<F: Future<Output = ()> + 'static>(self, question: impl Fn() -> F + 'static) {
        match self.asked.try_update_value(|asked| std::mem::replace(asked, true)) {
            Some(false) => {}
            // The page may have been left.
            None => return,
            Some(true) => {
                self.again.try_set_value(true);
                return;
            }
        }
        spawn_local(async move {
            loop {
                question().await;
                if self.again.try_update_value(std::mem::take) != Some(true) {
                    break;
                }
            }
            self.asked.try_set_value(false);
        });
    }
}
