//! What people own, in SQL: control's Store port through sea-orm.
//!
//! SQLite or Postgres: everything goes through sea-orm's builders, so that the two differ in their connections, not in their
//! queries. Knows how things are kept, not what may be done with them: every rule is domain's or control's.
//!
//! ```text
//! connection  opens the database: who writes, who reads      schema  migrations      patient  answers that do not come
//! record      the Store port (reads)       transaction  the Transaction port (read, decide, write, commit)
//! accounts, people, identities, images, vclusters, unclaimed, operations, apps, entries, events, homes, replies, term
//!             the statements, one file per area, on either kind of connection
//! entity      tables as sea-orm sees them  words, event_body  how values are written      fault  what errors mean
//! sessions    tower-sessions' store        sweep  what is dropped when it is old      copy  from a file to a server
//! ```

mod accounts;
mod apps;
mod connection;
mod copy;
mod entity;
mod entries;
mod event_body;
mod events;
mod fault;
mod homes;
mod identities;
mod images;
mod operations;
mod patient;
mod people;
mod record;
mod replies;
mod schema;
mod sessions;
mod sweep;
mod term;
mod transaction;
mod unclaimed;
mod vclusters;
mod words;

pub use connection::{ConnectError, PostgresConfig, SqlStore, SqliteConfig, StoreConfig, connect};
pub use copy::{Copied, CopyError, copy};
pub use schema::{MigrateError, migrate};
pub use sessions::{
    SESSION_ADDRESS, SESSION_AGENT, SESSION_SEEN, SESSION_SINCE, SESSION_USER, SessionBounds, SessionStore,
    is_unavailable, session_handle, session_key,
};
pub use term::{ServeError, Serving};
