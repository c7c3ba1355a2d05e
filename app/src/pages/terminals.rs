//! Terminals: as a panel of a vcluster's page, on a page of their own, and the choice among all.

pub(crate) mod choose;
pub(crate) mod full;
pub(crate) mod panel;
