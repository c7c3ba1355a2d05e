//! The command line as clap reads it; its texts are the help.

mod admin;
mod job;
mod moment;
mod vc;

use std::ffi::OsString;

use clap::{Parser, Subcommand, builder::PossibleValuesParser};
use clap_complete::Shell;
use wire::session::Scope;

use crate::{
    commands::{
        Forward, JUPYTER,
        completion::{apps, contexts, jobs, targets, vclusters},
    },
    output::Format,
};

pub(crate) use admin::{AdminCommand, HostCommand, ImagesCommand, NewPassword, UserChange, UsersCommand};
pub(crate) use job::{CANCELLED_BY_ALL, Cause, FINAL_STATES, JobCommand, LIVE_STATES, Submit, Surroundings};
pub(crate) use vc::{Act, VcCommand, Wait};

/// Your Docklet from a terminal: vclusters, their nodes, your own tools inside them, and jobs.
///
/// Exit codes: 0 done, 2 wrong usage, 3 not signed in, 4 refused, 5 not found, 6 conflict or limit, 7 server not reachable,
/// 8 what was waited for has failed, 1 everything else.
#[derive(Debug, Parser)]
#[command(name = "docklet", version, disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Global {
    /// The context to use in place of the current one
    #[arg(long, global = true, env = "DOCKLET_CONTEXT", value_name = "NAME", help_heading = "Everywhere", add = contexts())]
    pub(crate) context: Option<String>,
    /// How results are printed
    #[arg(long, short, global = true, value_enum, default_value_t = Format::Table, help_heading = "Everywhere")]
    pub(crate) output: Format,
    /// Say nothing but results and errors
    #[arg(long, short, global = true, help_heading = "Everywhere")]
    pub(crate) quiet: bool,
    /// Print long tables at once, and not through PAGER
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub(crate) no_pager: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sign in to a server through your browser, or with a token from your profile page
    Login {
        /// Such as https://docklet.example.org
        url: String,
        /// What the context is called; the server's host name when absent
        #[arg(long, value_name = "NAME")]
        name: Option<String>,
        /// Ask for a token in place of the browser
        #[arg(long)]
        token: bool,
        /// Read the token from standard input
        #[arg(long, conflicts_with = "token")]
        token_stdin: bool,
        /// What the token is to be good for, such as read,ssh; read,vclusters,ssh when absent
        ///
        /// read: look. vclusters: create, change and delete. ssh: reach into nodes. admin: what administrators do. Whoever
        /// approves the sign-in has the last word.
        #[arg(
            long,
            value_name = "SCOPES",
            value_delimiter = ',',
            value_parser = PossibleValuesParser::new(Scope::ALL.iter().map(|scope| scope.as_str())),
            conflicts_with_all = ["token", "token_stdin"]
        )]
        scope: Vec<String>,
        /// Also where the way to the server is not encrypted
        #[arg(long)]
        plain_http: bool,
    },
    /// Forget a server and its token on this machine
    Logout,
    /// Who you are, what you may take and what you have taken
    Whoami,
    /// Servers you are signed in to
    #[command(subcommand)]
    Context(ContextCommand),
    /// vclusters
    #[command(subcommand, visible_alias = "vcluster")]
    Vc(VcCommand),
    /// Jobs: scripts that wait for their turn and run once
    #[command(subcommand)]
    Job(JobCommand),
    /// Why a job waits: what is missing, what is before it, when it is expected to start, and what would start it earlier
    ///
    /// Without ID: for which reasons yours wait, and what you have used beside others.
    Why {
        #[arg(value_name = "ID", value_parser = job::reference, add = jobs())]
        job: Option<String>,
    },
    /// What comes next: the jobs that wait for their turn, in their order; others' without their names
    Queue {
        /// What runs where in its place
        #[arg(long)]
        hosts: bool,
    },
    /// Open a terminal on a node; it goes on where it was when the network comes back
    ///
    /// `~.` at the beginning of a line leaves. The exit code is that of the shell or the program. What is piped in is for
    /// `docklet exec`.
    Ssh {
        /// Such as lab/node-1; the first node where only the vcluster is named
        #[arg(add = targets())]
        target: String,
        /// A program and its arguments in place of the login shell
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Show a terminal that is open already, in the browser or by docklet ssh
    ///
    /// Everybody who has it open sees and types the same; it has the size of the window that was typed in last. `~.` at the
    /// beginning of a line leaves it as it is.
    Attach {
        /// Such as lab/node-1; the first node where only the vcluster is named
        #[arg(add = targets())]
        target: String,
        /// Which, where several are open: its title, or the beginning of its id
        terminal: Option<String>,
        /// List those that are open
        #[arg(long, conflicts_with = "terminal")]
        list: bool,
    },
    /// Run a program on a node for a script: its input, output, errors and exit code are this command's
    ///
    /// There is no terminal: every byte is passed on as it is. Everything behind TARGET is the program's. The exit code is its
    /// own; 128 and the signal's number where one ended it, 127 where there is no such program, 126 where it cannot be run.
    Exec {
        /// Such as lab/node-1; the first node where only the vcluster is named
        #[arg(add = targets())]
        target: String,
        /// A program and its arguments
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Forward ports of this machine to ports of a node
    PortForward {
        /// Such as lab/node-1; the first node where only the vcluster is named
        #[arg(add = targets())]
        target: String,
        /// LOCAL:REMOTE, such as 8080:80, or 5353:53/udp for UDP; ADDRESS:LOCAL:REMOTE where others may come in, too; LOCAL 0 for
        /// any free port
        #[arg(required = true, value_name = "PORTS")]
        forwards: Vec<Forward>,
    },
    /// Let ssh, scp, rsync, git and editors reach nodes as node-0.lab.docklet
    SshConfig {
        /// Write it where ssh finds it, and make a key; otherwise it is printed
        #[arg(long)]
        install: bool,
    },
    /// Standard input and output become a connection to a node's port: OpenSSH's ProxyCommand
    Connect {
        /// Such as node-0.lab.docklet or lab/node-0
        #[arg(add = targets())]
        host: String,
        #[arg(default_value_t = 22, value_parser = clap::value_parser!(u16).range(1..))]
        port: u16,
    },
    /// Open an app of a vcluster in your browser, or the console; its address is printed
    Open {
        /// The console where none is named
        #[arg(add = vclusters())]
        vcluster: Option<String>,
        /// What `docklet app ls` calls it, or NODE:PORT
        #[arg(default_value = JUPYTER, add = apps())]
        app: String,
    },
    /// Apps of a vcluster: what listens in its nodes
    #[command(subcommand)]
    App(AppCommand),
    /// The images you may use
    Images,
    /// What happens to your vclusters and jobs, as it happens
    Events {
        /// As other programs call what this always does
        #[arg(long, short, hide = true)]
        follow: bool,
    },
    /// What was done with your vclusters, newest first
    Activity {
        /// Of this vcluster alone
        #[arg(add = vclusters())]
        vcluster: Option<String>,
        /// How many lines at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Your API tokens; a new one is made by `docklet login`, or in the browser on your profile page, and not here
    #[command(subcommand)]
    Token(TokenCommand),
    /// What administrators see and change
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Print what a shell has to read so that it completes commands and names, such as: source <(docklet completions bash)
    Completions { shell: Shell },
    /// Write the manual pages into a directory
    #[command(hide = true)]
    Man { directory: std::path::PathBuf },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ContextCommand {
    /// List them
    Ls,
    /// Make one the current one
    Use {
        #[arg(add = contexts())]
        name: String,
    },
    /// Forget one and its token
    Rm {
        #[arg(add = contexts())]
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AppCommand {
    /// List them with their addresses
    Ls {
        #[arg(add = vclusters())]
        vcluster: String,
    },
    /// Publish a port of a node
    #[command(visible_alias = "add")]
    Publish {
        /// Such as lab/node-0; the first node where only the vcluster is named
        #[arg(add = targets())]
        node: String,
        port: i64,
        /// What it is called
        #[arg(long)]
        name: Option<String>,
    },
    /// Name an app, keep it in the list, or switch it off; what is not asked for stays
    Set {
        #[arg(add = vclusters())]
        vcluster: String,
        /// What `docklet app ls` calls it, or NODE:PORT
        #[arg(add = apps())]
        app: String,
        #[command(flatten)]
        change: AppChange,
    },
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub(crate) struct AppChange {
    /// What it is called from now on
    #[arg(long, conflicts_with = "no_name")]
    pub(crate) name: Option<String>,
    /// Take its name away
    #[arg(long)]
    pub(crate) no_name: bool,
    /// List it also while nothing listens
    #[arg(long, conflicts_with = "unpin")]
    pub(crate) pin: bool,
    /// List it only while something listens; one with a name stays listed: --no-name
    #[arg(long)]
    pub(crate) unpin: bool,
    /// Open it again
    #[arg(long, conflicts_with = "off")]
    pub(crate) on: bool,
    /// Close it: it cannot be opened, and open pages of it end
    #[arg(long)]
    pub(crate) off: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// List them, also those that are not good any more
    Ls,
    /// End one, and what it is used for
    Revoke {
        /// Its first characters as `docklet token ls` has them, its name, or its id
        token: String,
    },
}

/// Of two flags that exclude each other.
pub(crate) fn either(yes: bool, no: bool) -> Option<bool> {
    (yes || no).then_some(yes)
}

/// Whether JSON is asked for in words that clap could not read.
pub(crate) fn wants_json(words: impl Iterator<Item = OsString>) -> bool {
    let words: Vec<OsString> = words.take_while(|word| word != "--").collect();
    let in_two = |pair: &[OsString]| (pair[0] == "-o" || pair[0] == "--output") && pair[1] == "json";
    words.windows(2).any(in_two) || words.iter().any(|word| word == "-ojson" || word == "--output=json")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_commands_contradict_nothing() {
        Args::command().debug_assert();
    }

    #[test]
    fn json_is_asked_for_however_it_is_written() {
        let wants = |line: &str| wants_json(line.split(' ').map(OsString::from));
        for line in ["docklet vc lst -o json", "docklet --output=json vc", "docklet -ojson"] {
            assert!(wants(line), "{line}");
        }
        for line in ["docklet vc lst", "docklet -o csv vc", "docklet exec lab -- jq -o json", "docklet json -o"] {
            assert!(!wants(line), "{line}");
        }
    }
}
