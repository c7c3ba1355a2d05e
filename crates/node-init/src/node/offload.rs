//! Work that may take long (it reads much of /proc, or a home that may hang), done beside the loop so that no keystroke waits
//! for it.

use std::sync::Arc;
use std::thread;

use serde::Serialize;

use super::request::Connection;
use crate::protocol::{Done, ErrorBody, ErrorCode};

/// Pieces of work at a time; a client that asks for more is told to come again.
const MOST: usize = 4;
/// Its work reads small files and keeps small lists.
const STACK: usize = 128 * 1024;

/// Counts the work under way.
#[derive(Debug, Default)]
pub(super) struct Offload {
    under_way: Arc<()>,
}

impl Offload {
    /// Answers the connection with what `work` returns. Gives it back when it is already answered.
    pub(super) fn answer<T: Serialize>(
        &self,
        connection: Connection,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<Connection> {
        self.try_answer(connection, move || Ok(work()))
    }

    /// The same with work that may fail.
    pub(super) fn try_answer<T: Serialize>(
        &self,
        mut connection: Connection,
        work: impl FnOnce() -> Result<T, ErrorBody> + Send + 'static,
    ) -> Option<Connection> {
        if Arc::strong_count(&self.under_way) > MOST {
            connection.reply::<Done>(Err(ErrorBody::new(ErrorCode::Busy, "the node is busy; ask again in a second")));
            return Some(connection);
        }
        let token = Arc::clone(&self.under_way);
        let run = move || {
            connection.reply_blocking(work());
            drop(token);
        };
        // Without a thread the connection is dropped with the closure, and the worker asks again.
        if let Err(error) = thread::Builder::new().stack_size(STACK).spawn(run) {
            super::log::line(format_args!("no thread for a request: {error}"));
        }
        None
    }
}
