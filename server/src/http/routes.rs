//! Endpoints, one group per file: read the request, call one use-case, write the answer. They decide nothing.

pub(crate) mod activity;
pub(crate) mod admin;
pub(crate) mod apps;
pub(crate) mod book;
pub(crate) mod console;
pub(crate) mod device;
pub(crate) mod disk;
pub(crate) mod events;
pub(crate) mod exec_stream;
pub(crate) mod health;
pub(crate) mod images;
pub(crate) mod me;
pub(crate) mod metrics;
mod node_stream;
pub(crate) mod nodes;
pub(crate) mod oidc;
pub(crate) mod openapi;
pub(crate) mod port_stream;
pub(crate) mod session;
pub(crate) mod ssh;
pub(crate) mod terminal_stream;
pub(crate) mod terminals;
pub(crate) mod vclusters;
