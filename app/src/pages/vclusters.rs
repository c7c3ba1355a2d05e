//! vclusters: the list, a new one, one of them with its tabs, and its end.

pub(crate) mod activity;
pub(crate) mod apps;
pub(crate) mod confirm;
pub(crate) mod delete;
pub(crate) mod detail;
pub(crate) mod found;
pub(crate) mod list;
pub(crate) mod new;
pub(crate) mod order;
mod seeded;
