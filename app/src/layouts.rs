//! What stands around pages: the gate for those who are signed in, the chrome, and the plain face of sign-in and errors.

pub(crate) mod account;
pub(crate) mod chrome;
pub(crate) mod plain;
pub(crate) mod signed_in;
