//! Letting in a program on another machine: what the person is shown and decides. The program itself has no actor, so the edge
//! asks control for it.

use domain::user::{Scope, Scopes};
use wire::device::PendingDevice;

use crate::{Api, Refusal};

impl Api {
    /// Who waits under this code.
    pub fn device(&self, code: &str) -> Result<PendingDevice, Refusal> {
        let pending = self.control().accounts.pending_device(&self.actor, code)?;
        Ok(PendingDevice {
            code: pending.code,
            name: pending.name,
            scopes: pending.scopes.list(),
            address: pending.address.to_string(),
            asked_at: pending.since,
        })
    }

    /// Gives it a token that is good for so many days, and for this beside `read`.
    pub async fn approve_device(&self, code: &str, days: i64, scopes: &[Scope]) -> Result<(), Refusal> {
        let accounts = &self.control().accounts;
        Ok(accounts.approve_device(accounts.confirm(&self.actor)?, code, days, Scopes::of(scopes)).await?)
    }

    pub fn deny_device(&self, code: &str) -> Result<(), Refusal> {
        Ok(self.control().accounts.deny_device(&self.actor, code)?)
    }
}
