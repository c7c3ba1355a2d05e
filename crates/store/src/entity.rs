//! The tables as sea-orm sees them. Entity types stay in this crate: what leaves it are domain types and control's.

pub(crate) mod allowed_image;
pub(crate) mod app;
pub(crate) mod app_session;
pub(crate) mod attempt;
pub(crate) mod departed_node;
pub(crate) mod entry_pass;
pub(crate) mod event;
pub(crate) mod home;
pub(crate) mod idempotency_key;
pub(crate) mod identity;
pub(crate) mod job;
pub(crate) mod node;
pub(crate) mod operation;
pub(crate) mod pending_sign_in;
pub(crate) mod provider_session;
pub(crate) mod record;
pub(crate) mod session;
pub(crate) mod task;
pub(crate) mod token;
pub(crate) mod unclaimed_node;
pub(crate) mod used_cpu;
pub(crate) mod user;
pub(crate) mod vcluster;
pub(crate) mod worker_holding;
