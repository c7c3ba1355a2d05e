//! What people own, in SQL: control's Store port through sea-orm.
//!
//! SQLite or Postgres: everything goes through sea-orm's builders, so that the two differ in their connections, not in their
//! queries. Knows how things are kept, not what may be done with them: every rule is domain's or control's.
//!
//! ```text
//! connection  opens the database: who writes, who reads      schema  migrations      timeout  answers that do not come
//! sql         what may be done through a connection: read, or begin a transaction and write
//! users, access, identities, vclusters, tasks, jobs, unclaimed, images, apps, homes, events
//!             an aggregate each: what is read on either kind of connection, what is written in a transaction
//! entity      tables as sea-orm sees them  enum_text, event_body  how values are written  fault  what errors mean
//! term        which process may write      sweep  what is dropped when it is old      copy  from a file to a server
//! sessions    tower-sessions' store
//! ```

mod access;
mod apps;
mod connection;
mod copy;
mod entity;
mod enum_text;
mod event_body;
mod events;
mod fault;
mod homes;
mod identities;
mod images;
mod jobs;
mod schema;
mod sessions;
mod sql;
mod sweep;
mod tasks;
mod term;
mod timeout;
mod unclaimed;
mod users;
mod vclusters;

pub use connection::{ConnectError, Connections, PostgresConfig, SqlStore, SqliteConfig, StoreConfig, connect};
pub use copy::{Copied, CopyError, copy};
pub use schema::{MigrateError, migrate};
pub use sessions::{
    SESSION_ADDRESS, SESSION_AGENT, SESSION_SEEN, SESSION_SINCE, SESSION_USER, SessionBounds, SessionStore,
    is_unavailable, session_handle, session_key,
};
pub use sql::Sql;
pub use term::{ServeError, Serving};
