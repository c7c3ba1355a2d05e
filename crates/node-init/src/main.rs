//! docklet-init: PID 1 of a node, and the helpers it starts itself as.

use std::process::ExitCode;

fn main() -> ExitCode {
    node_init::node::main(std::env::args_os().skip(1))
}
