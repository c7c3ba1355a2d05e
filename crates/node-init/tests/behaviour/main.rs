//! What docklet-init does, seen from outside: the real static binary, started by hand and in real containers.

mod docker_node;
mod hostile_descriptors;
mod hostile_dial;
mod node_batch;
mod node_datagrams;
mod node_exec;
mod node_files;
mod node_on_demand;
mod node_port_watch;
mod node_process;
mod node_protocol;
mod node_services;
mod support;
mod terminal_flow;
mod terminal_resume;
mod terminal_shell;
mod terminal_size;
mod terminal_snapshot;
