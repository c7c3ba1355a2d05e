//! What administrators have of the command line.

use clap::Subcommand;
use wire::admin::Role;

#[derive(Debug, Subcommand)]
pub(crate) enum AdminCommand {
    /// People with an account
    #[command(subcommand, visible_alias = "user")]
    Users(UsersCommand),
    /// How the installation is: what it stands on, its hosts, its disk
    Health,
    /// What needs attention now; fails where something is not ready
    ///
    /// This is what the server knows of itself. `dockletd doctor` on a host looks at more.
    Doctor,
    /// Which images may be used
    #[command(subcommand)]
    Images(ImagesCommand),
    /// What people take of the hosts' disks
    Disk,
    /// Every setting as it holds, and where it was written
    Config,
    /// The hosts, which `docklet admin health` lists
    #[command(subcommand)]
    Host(HostCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum UsersCommand {
    /// List them
    Ls {
        /// Those with this in their name
        search: Option<String>,
    },
    /// Show one, with how many ways in are open
    Show { name: String },
    /// Add one; the password is made by the server and printed, unless one is given
    Add {
        name: String,
        /// user or admin
        #[arg(long, default_value = "user", value_parser = role)]
        role: Role,
        #[command(flatten)]
        password: NewPassword,
    },
    /// Change one; what is not asked for stays
    Change {
        name: String,
        #[command(flatten)]
        change: UserChange,
    },
    /// Set a new password and end every session; it is made by the server and printed, unless one is given
    Password {
        name: String,
        #[command(flatten)]
        password: NewPassword,
    },
    /// End every session
    SignOut {
        name: String,
        /// Revoke every API token, too
        #[arg(long)]
        tokens: bool,
    },
}

// The password is never an argument: others on this machine see those.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct NewPassword {
    /// Ask for the password
    #[arg(long)]
    pub(crate) ask_password: bool,
    /// Read the password from standard input
    #[arg(long, conflicts_with = "ask_password")]
    pub(crate) password_stdin: bool,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub(crate) struct UserChange {
    /// user or admin
    #[arg(long, value_parser = role)]
    pub(crate) role: Option<Role>,
    /// End every session, and refuse every sign-in and token
    #[arg(long, conflicts_with = "unlock")]
    pub(crate) lock: bool,
    /// Allow sign-ins again; also approves a new account
    #[arg(long)]
    pub(crate) unlock: bool,
    /// One of the configured groups; '' for none
    #[arg(long)]
    pub(crate) group: Option<String>,
    /// Take their own limits away, but for those that are set here
    #[arg(long)]
    pub(crate) usual_limits: bool,
    /// How many vclusters they may have
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true)]
    pub(crate) vclusters: Option<i64>,
    /// How many nodes
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true)]
    pub(crate) nodes: Option<i64>,
    /// How many CPUs, such as 2.5
    #[arg(long, value_name = "CPUS", allow_negative_numbers = true)]
    pub(crate) cpus: Option<f64>,
    /// How much memory in MiB
    #[arg(long, value_name = "MIB", allow_negative_numbers = true)]
    pub(crate) memory: Option<i64>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImagesCommand {
    /// The list
    Ls,
    /// Add a line, or give one another runtime
    Allow {
        /// An image's name, in which * stands for any characters of the path or the tag
        pattern: String,
        /// What new nodes of such an image are run with, such as runsc
        #[arg(long)]
        runtime: Option<String>,
    },
    /// Take a line off the list
    Disallow { pattern: String },
}

#[derive(Debug, Subcommand)]
pub(crate) enum HostCommand {
    /// Declare a host gone for good: its nodes leave the record
    Forget {
        name: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

fn role(text: &str) -> Result<Role, &'static str> {
    text.parse().map_err(|_| "write user or admin")
}
