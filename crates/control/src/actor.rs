//! Who asks. Every use-case takes one; how somebody proved to be it is the edge's and `accounts`' business.

use domain::{
    UserId,
    name::UserName,
    user::{Role, User},
};

/// A user who is known, not locked, and has shown who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub user: UserId,
    pub name: UserName,
    pub role: Role,
}

impl Actor {
    /// `None` for a locked user: they may do nothing.
    pub fn of(user: User) -> Option<Self> {
        (!user.locked).then_some(Self { user: user.id, name: user.name, role: user.role })
    }
}
