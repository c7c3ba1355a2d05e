//! A real Postgres server for a test program: its own directory and socket, no port. It and its directory are gone when it
//! is dropped and when the process ends, however that ends: a watcher holds the other end of a pipe.

use std::{
    fs::Permissions,
    net::TcpListener,
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// The superuser; tests sign in as it.
const USER: &str = "docklet";
/// Whose server it is when root runs the tests: Postgres refuses to be root's.
const ACCOUNT: &str = "postgres";
/// Waits for the end of standard input, which comes when its other end is closed or its process is gone.
const WATCH: &str = r#"trap '' INT TERM HUP; cat >/dev/null; "$@"; rm -rf "$0""#;
/// Durable is what a test's database need not be; what it does not do, it does faster.
const SETTINGS: &str = "
listen_addresses = ''
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
autovacuum = off
shared_buffers = 32MB
max_connections = 200
";
/// As a server has it that is in use.
const DURABLE: &str = "
fsync = on
full_page_writes = on
autovacuum = on
shared_buffers = 128MB
";

#[derive(Debug)]
pub struct RealPostgres {
    programs: PathBuf,
    directory: PathBuf,
    /// Names the socket; the server listens on the port itself only if asked to.
    port: u16,
    watcher: Child,
    databases: AtomicU32,
}

/// How a server is told to end.
#[derive(Debug, Clone, Copy)]
pub enum Ending {
    /// As at a restart of the machine: sessions are cut, the rest is in order.
    Fast,
    /// As in a crash: the next start has to recover.
    Immediate,
}

impl RealPostgres {
    /// The one of this process; the first call starts it.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RealPostgres> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// # Panics
    /// When Postgres does not start; the reason is in the message.
    pub fn start() -> Self {
        let server = Self::prepare(5432);
        server.begin();
        server
    }

    /// One that keeps what was committed, as a server in use does: for measurements.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_durable() -> Self {
        let server = Self::prepare(5432);
        server.set(DURABLE);
        server.begin();
        server
    }

    /// One that listens on a port of `localhost`, and takes only encrypted connections there. PEM.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub fn start_encrypted(certificate: &str, key: &str) -> Self {
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a port");
        let server = Self::prepare(free.port());
        let port = free.port();
        server.write("server.crt", certificate);
        server.write("server.key", key);
        server.write("pg_hba.conf", "local all all trust\nhostssl all all localhost trust\n");
        server.set(&format!("listen_addresses = 'localhost'\nport = {port}\nssl = on\n"));
        server.begin();
        server
    }

    fn prepare(port: u16) -> Self {
        let programs = programs();
        let directory = tempfile::Builder::new().prefix("dkl-pg").tempdir().expect("a directory for Postgres").keep();
        if is_root() {
            let id = |of: &str| text(Command::new("id").args([of, ACCOUNT])).trim().parse().expect("an id");
            chown(&directory, Some(id("-u")), Some(id("-g"))).expect("our directory");
        }
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH]).arg(&directory);
        let stop = as_account(&programs.join("pg_ctl"), &directory);
        watch.arg(stop.get_program()).args(stop.get_args()).args(["stop", "--silent", "--mode=immediate", "-D"]);
        watch.arg(directory.join("data")).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let watcher = watch.process_group(0).spawn().expect("a shell");
        let server = Self { programs, directory, port, watcher, databases: AtomicU32::new(0) };
        server.make();
        server
    }

    fn make(&self) {
        let mut make = as_account(&self.programs.join("initdb"), &self.directory);
        make.arg("-D").arg(self.data()).args([
            "-U",
            USER,
            "--auth=trust",
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        if major(&self.programs) >= 15 {
            // A database that orders as people do: a statement that relies on the order of bytes has to say so.
            make.args(["--locale-provider=icu", "--icu-locale=en"]);
        }
        text(&mut make);
        self.set(&format!("{SETTINGS}unix_socket_directories = '{}'\n", self.directory.display()));
    }

    fn set(&self, settings: &str) {
        let before = std::fs::read_to_string(self.data().join("postgresql.conf")).expect("what initdb has written");
        self.write("postgresql.conf", &(before + settings));
    }

    /// A file in its data directory, for its eyes only.
    fn write(&self, name: &str, text: &str) {
        let (path, data) = (self.data().join(name), std::fs::metadata(self.data()).expect("what initdb has made"));
        std::fs::write(&path, text).expect("our directory");
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("our file");
        chown(&path, Some(data.uid()), Some(data.gid())).expect("our file");
    }

    /// Starts it, for the first time or again.
    ///
    /// # Panics
    /// When it does not start.
    pub fn begin(&self) {
        let mut begin = as_account(&self.programs.join("pg_ctl"), &self.directory);
        begin.args(["start", "--silent", "--wait", "-D"]).arg(self.data()).arg("-l").arg(self.log());
        let begun = begin.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().expect("pg_ctl");
        let log = || std::fs::read_to_string(self.log()).unwrap_or_default();
        assert!(begun.success(), "a real Postgres is needed here: {}", log());
    }

    /// Ends it; its directory stays, for the next [`begin`](Self::begin).
    ///
    /// # Panics
    /// When it does not end.
    pub fn end(&self, how: Ending) {
        let mode = match how {
            Ending::Fast => "--mode=fast",
            Ending::Immediate => "--mode=immediate",
        };
        let mut end = as_account(&self.programs.join("pg_ctl"), &self.directory);
        text(end.args(["stop", "--silent", "--wait", mode, "-D"]).arg(self.data()));
    }

    /// A new database, empty or a copy of another one that has no connections. Returns its name.
    pub fn database(&self, template: Option<&str>) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {}", template.unwrap_or("template0")));
        name
    }

    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@localhost/{database}?host={}", self.directory.display())
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.directory.join(format!(".s.PGSQL.{}", self.port))
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Runs statements with a client that is not ours; what they answered, a row per line.
    ///
    /// # Panics
    /// When one is refused.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", USER, "-d", database, "-c", statements]);
        text(psql.arg("-h").arg(&self.directory).args(["-p", &self.port.to_string()]))
    }

    /// Runs a client program of this version that must succeed, such as `pg_dump`; what it printed.
    ///
    /// # Panics
    /// When it fails.
    pub fn run(&self, program: &str, arguments: &[&str]) -> String {
        text(Command::new(self.programs.join(program)).args(arguments))
    }

    fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn log(&self) -> PathBuf {
        self.directory.join("log")
    }
}

impl Drop for RealPostgres {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        // Fails only when it has ended already.
        let _ = self.watcher.wait();
    }
}

/// Debian's are in a folder per version, and not in the path.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").map(|found| found.flatten().collect()).unwrap_or(vec![]);
    let programs = versions.iter().map(|version| version.path().join("bin")).filter(|bin| bin.join("initdb").is_file());
    let newest = programs.max_by_key(|bin| major(bin));
    newest.unwrap_or_else(|| panic!("there is no Postgres server; scripts/setup.sh test installs it"))
}

fn major(programs: &Path) -> u32 {
    let version = programs.parent().and_then(Path::file_name).and_then(std::ffi::OsStr::to_str);
    version.and_then(|version| version.parse().ok()).unwrap_or_default()
}

fn is_root() -> bool {
    text(Command::new("id").arg("-u")).trim() == "0"
}

/// The program, run as an account that Postgres accepts: it refuses root.
fn as_account(program: &Path, directory: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", ACCOUNT, "--regid", ACCOUNT, "--clear-groups"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(directory);
    command
}

/// What a command that must succeed has printed.
fn text(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}
