//! The record on real SQLite files, one per test. Everything goes through control's ports, as in dockletd; what only a
//! person with the file could do (broken rows, foreign locks) goes through a plain connection of its own.

mod accounts;
mod apps;
mod entries;
mod events;
mod exclusion;
mod file;
mod fixture;
mod history;
mod holdings;
mod identities;
mod lists;
mod people;
mod replies;
mod scale;
mod sessions;
mod sweep;
mod unreadable;
mod upgrade;
mod vclusters;
