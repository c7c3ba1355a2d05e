//! What vclusters have of the command line.

use clap::{Subcommand, builder::RangedU64ValueParser};

use crate::commands::completion::{nodes, vclusters};

#[derive(Debug, Subcommand)]
pub(crate) enum VcCommand {
    /// List yours
    Ls,
    /// Show one with its nodes
    Show {
        #[arg(add = vclusters())]
        vcluster: String,
    },
    /// Create one
    Create {
        name: String,
        /// How many nodes
        #[arg(long, short, default_value_t = 1)]
        nodes: i64,
        /// CPUs of each node, such as 0.5
        #[arg(long, default_value_t = 1.0, allow_negative_numbers = true)]
        cpus: f64,
        /// Memory of each node in MiB
        #[arg(long, default_value_t = 1024, value_name = "MIB")]
        memory: i64,
        /// The image of its nodes; the usual one when absent
        #[arg(long)]
        image: Option<String>,
        /// What it is for
        #[arg(long, default_value = "")]
        description: String,
        /// Do not start it again after its host was restarted
        #[arg(long)]
        no_autostart: bool,
        #[command(flatten)]
        wait: Wait,
    },
    /// Start what does not run; also repairs failed nodes
    Start(Act),
    /// Stop every node; files stay
    Stop(Act),
    /// Stop every node and start it again
    Restart(Act),
    /// Delete everything but the home
    Rm(Act),
    /// Add nodes to a running vcluster
    AddNode {
        #[arg(add = vclusters())]
        vcluster: String,
        /// How many
        #[arg(default_value_t = 1)]
        count: i64,
        #[command(flatten)]
        wait: Wait,
    },
    /// Delete a node with everything in it but the home
    RmNode {
        /// Such as lab/node-1
        #[arg(add = nodes())]
        node: String,
        #[command(flatten)]
        wait: Wait,
    },
    /// Wait until what was asked for last is done
    Wait {
        #[arg(add = vclusters())]
        vcluster: String,
        /// How many seconds to wait at most
        #[arg(long, default_value_t = TIMEOUT, value_name = "SECONDS", value_parser = seconds())]
        timeout: u64,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Act {
    #[arg(add = vclusters())]
    pub(crate) vcluster: String,
    #[command(flatten)]
    pub(crate) wait: Wait,
}

#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct Wait {
    /// Wait until it is done
    #[arg(long)]
    pub(crate) wait: bool,
    /// How many seconds to wait at most
    #[arg(long, requires = "wait", default_value_t = TIMEOUT, value_name = "SECONDS", value_parser = seconds())]
    pub(crate) timeout: u64,
}

const TIMEOUT: u64 = 600;

pub(super) fn seconds() -> RangedU64ValueParser<u64> {
    clap::value_parser!(u64).range(1..=31_536_000)
}
