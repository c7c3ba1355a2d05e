//! How long an exchange may go on. Who decides that, and how, is the caller's.

use std::any::Any;

use tokio_util::sync::CancellationToken;

/// Leave to visit. Asked for only when an exchange lasts: an upgrade, a slow answer, a body that does not come at once.
pub trait Permission: Send + Sync + 'static {
    fn watch(&self) -> Watched;
}

/// A permission that is kept an eye on.
#[derive(derive_more::Debug)]
pub struct Watched {
    /// Cancelled when the exchange must end now.
    pub ended: CancellationToken,
    /// Dropped when the exchange is over.
    #[debug(skip)]
    pub hold: Box<dyn Any + Send + Sync>,
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
