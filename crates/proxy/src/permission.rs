//! How long an exchange may go on. Who decides that, and how, is the caller's.

use std::{any::Any, fmt};

use tokio_util::sync::CancellationToken;

/// Leave to visit. Asked for only when an exchange lasts: an upgrade, a slow answer, a body that does not come at once.
pub trait Permission: Send + Sync + 'static {
    fn watch(&self) -> Watched;
}

/// A permission that is kept an eye on.
pub struct Watched {
    /// Cancelled when the exchange must end now.
    pub ended: CancellationToken,
    /// Dropped when the exchange is over.
    pub hold: Box<dyn Any + Send + Sync>,
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watched").field("ended", &self.ended.is_cancelled()).finish_non_exhaustive()
    }
}

/// For exchanges that end by themselves.
impl Permission for () {
    fn watch(&self) -> Watched {
        Watched { ended: CancellationToken::new(), hold: Box::new(()) }
    }
}

/// Ended from one place.
impl Permission for CancellationToken {
    fn watch(&self) -> Watched {
        Watched { ended: self.clone(), hold: Box::new(()) }
    }
}
