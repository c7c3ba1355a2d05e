//! A broken rule about one field of a request. Knows nothing about how it is shown.

use serde::{Deserialize, Serialize};

/// Which field breaks which rule. `field` is the path in the request as the client wrote it (`resources.cpus`);
/// `message` is a sentence for the person who filled it in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[error("{field}: {message}")]
pub struct Violation {
    pub field: String,
    pub message: String,
}

impl Violation {
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}
