//! The record of who owns what: a file of our own, or a database on a Postgres server.

use std::{fmt, path::PathBuf, time::Duration};

use super::setting::{Fault, section};

/// Two connections write and at least one reads.
const SMALLEST_POOL: u32 = 3;

section! {
    pub struct DatabaseConfig in "database" {
        /// The SQLite file. By default `docklet.db` in the data directory.
        pub path: Option<PathBuf> = "",
        /// A database on a Postgres server in place of the file: `postgres://user@host:5432/database`. With `?sslmode=verify-full` the connection is encrypted and the server proves who it is. A password in it is not shown; better in `database.password_file`, or in the environment than in a flag, which every user of the host can read.
        pub url: Option<DatabaseUrl> = "",
        /// A file with the password for that server, alone in it.
        pub password_file: Option<PathBuf> = "",
        /// How many connections to that server are open at most; at least 3.
        pub pool_size: u32 = "10",
        /// How long one waits for a connection, and a writer for another writer, before being told to try again.
        pub acquire_timeout: Duration = "5s",
        /// How long a statement may take on that server before it is ended.
        pub statement_timeout: Duration = "10s",
    }
}

/// A Postgres URL. `Debug` and `Display` leave a password out.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"))?;
        (!rest.is_empty()).then(|| Self(text.to_owned()))
    }

    /// Whether something in it is a secret.
    pub fn has_secret(&self) -> bool {
        masked(&self.0) != self.0
    }

    /// With its password.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.0))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The URL as people may read it. What it asks for behind a `?` may hold secrets in many ways, so their values are left out.
fn masked(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    // A password may have an @ or a ? in it, though it should not: the last @ ends it.
    let (who, rest) = rest.rsplit_once('@').map_or((None, rest), |(who, rest)| (Some(who), rest));
    let (server, query) = rest.split_once('?').unwrap_or((rest, ""));
    let who = who.map(|who| match who.split_once([':', '?', '/', '#']) {
        Some((user, _)) => format!("{user}:***@"),
        None => format!("{who}@"),
    });
    let server = format!("{}{server}", who.unwrap_or_default());
    let named = query.split('&').filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let open = matches!(name, "host" | "port" | "dbname" | "user" | "sslmode" | "sslrootcert");
        format!("{name}={}", if open { value } else { "***" })
    });
    let named = named.collect::<Vec<_>>().join("&");
    format!("{scheme}://{server}{}{named}", if named.is_empty() { "" } else { "?" })
}

impl DatabaseConfig {
    /// Settings that contradict each other.
    pub(super) fn contradiction(&self) -> Option<Fault> {
        let (setting, rule) = match self {
            Self { path: Some(_), url: Some(_), .. } => {
                ("database.url", "cannot be set together with database.path: the record is in one place".to_owned())
            }
            Self { password_file: Some(_), url: None, .. } => {
                ("database.password_file", "needs database.url, too: it is the password for that server".to_owned())
            }
            Self { pool_size, .. } if *pool_size < SMALLEST_POOL => {
                ("database.pool_size", format!("must be at least {SMALLEST_POOL}, not {pool_size}"))
            }
            _ => return None,
        };
        Some(Fault { setting: setting.into(), place: "where it is set".into(), rule })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_what_is_secret_in_it() {
        for (url, shown) in [
            ("postgres://ada@db:5432/docklet", "postgres://ada@db:5432/docklet"),
            ("postgres://ada:s3cr@t@db/docklet", "postgres://ada:***@db/docklet"),
            ("postgres://ada:s3c?ret@db/docklet", "postgres://ada:***@db/docklet"),
            ("postgresql://db/x?sslmode=require&password=s3cret", "postgresql://db/x?sslmode=require&password=***"),
            (
                "postgres://ada:s3cret@db/x?host=/run/pg&options=s3cret",
                "postgres://ada:***@db/x?host=/run/pg&options=***",
            ),
        ] {
            let url = DatabaseUrl::parse(url).expect("a URL");
            assert_eq!(url.has_secret(), shown.contains("***"), "{shown}");
            assert_eq!((url.to_string(), format!("{url:?}")), (shown.to_owned(), shown.to_owned()));
        }
    }

    #[test]
    fn what_is_no_postgres_url_is_none() {
        for text in ["mysql://db/x", "postgres://", "db.example.org", ""] {
            assert_eq!(DatabaseUrl::parse(text), None, "{text}");
        }
    }
}
