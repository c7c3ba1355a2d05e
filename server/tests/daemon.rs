//! dockletd as its users meet it: the real program on a port of its own, with a real database, etcd and Docker Engine.
//! One program for all areas; each area and behaviour has its own file.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what a failed test leaves to be read")]

mod common;

mod apps_entering;
mod apps_hostile;
mod apps_streams;
mod book;
mod cli;
mod cli_book;
mod cli_commands;
mod cli_exec;
mod cli_faults;
mod cli_jobs;
mod cli_streams;
mod cli_tools;
mod config_check;
mod crash_at_random_moments;
mod device;
mod doctor;
mod edge_connections;
mod edge_headers;
mod edge_operations;
mod engine_restart;
mod events_feed;
mod firewall;
mod hostile_nodes;
mod jobs;
mod jobs_again;
mod jobs_arrays;
mod jobs_bad_input;
mod node_exec;
mod node_garbage;
mod node_openings;
mod node_ports;
mod node_ssh;
mod node_udp;
mod oidc_confirm;
mod oidc_logout;
mod oidc_refusals;
mod oidc_renewal;
mod oidc_sign_in;
mod people_admin;
mod people_profile;
mod postgres;
mod record_and_reality;
mod rest_description;
mod session_cookies;
mod session_origin;
mod start_and_end;
mod takeover;
mod terminal_stream;
mod tls;
mod token_scopes;
mod vcluster_activity;
mod vcluster_bad_input;
mod vcluster_images;
mod vcluster_lifecycle;
mod vcluster_processes;
mod vcluster_runtime;
mod without_power;
mod worker_apart;
