//! Control's behaviour, on a real record and coordination in memory. One program, so that the harness is built once.

mod account_people;
mod account_profile;
mod account_sign_in;
mod app_decisions;
mod app_entrance;
mod app_list;
mod app_live;
mod disk;
mod event_feed;
mod harness;
mod host_away;
mod identity_accounts;
mod identity_providers;
mod identity_renewal;
mod record_and_reality;
mod vcluster_activity;
mod vcluster_creation;
mod vcluster_lifecycle;
mod vcluster_processes;
mod vcluster_recovery;
mod vcluster_runtime;
