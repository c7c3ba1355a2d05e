//! One file per page: what has a URL.

pub(crate) mod admin;
pub(crate) mod confirm;
pub(crate) mod enter_app;
pub(crate) mod help;
pub(crate) mod not_found;
pub(crate) mod problem;
pub(crate) mod profile;
pub(crate) mod sign_in;
pub(crate) mod terminals;
pub(crate) mod vclusters;
