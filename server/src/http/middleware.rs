//! What happens to every request and every answer. Each is one small function; `router` says in which order.

pub(crate) mod home;
pub(crate) mod observe;
pub(crate) mod problems;
pub(crate) mod remember;
pub(crate) mod request_context;
pub(crate) mod request_id;
pub(crate) mod security;
pub(crate) mod upload;
