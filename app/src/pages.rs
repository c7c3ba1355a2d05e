//! One file per page: what has a URL.

pub(crate) mod not_found;
pub(crate) mod problem;
pub(crate) mod sign_in;
pub(crate) mod terminals;
pub(crate) mod vclusters;
