//! Signing in a program on another machine through the browser, in the shape of RFC 8628: the program shows a code and waits;
//! a person who is signed in types it on our page and approves; the program is given a token.
//!
//! What waits is kept in memory alone: one control process serves a record (ADR 4). A restart forgets it, and the program
//! begins again.

mod code;
mod pending;

use std::{net::IpAddr, time::Duration};

use chrono::{DateTime, Utc};
use domain::user::{Scopes, TokenName};

pub(super) use self::pending::PendingSignIns;
use self::{
    code::UserCode,
    pending::{Answer, Approval, Approved, Asker, INTERVAL, KEPT, Waiting},
};
use super::{
    Accounts,
    token::{self, UNNAMED},
};
use crate::{
    Error,
    actor::{Actor, Confirmed},
    secret,
};

/// What a program needs to wait for its person. `Debug` leaves out what opens.
#[derive(Clone, derive_more::Debug)]
pub struct BegunSignIn {
    /// With it the program asks whether it was approved.
    #[debug(skip)]
    pub device_code: String,
    /// What the person types.
    pub user_code: String,
    pub expires_in: Duration,
    /// Between two questions.
    pub interval: Duration,
}

/// A program that waits for the person to approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingSignIn {
    /// As it is shown.
    pub code: String,
    /// What its machine calls itself; it is not checked.
    pub name: String,
    /// What it asks to be allowed.
    pub scopes: Scopes,
    pub address: IpAddr,
    pub since: DateTime<Utc>,
}

/// What an approved program is given, once. `Debug` leaves the text out.
#[derive(Clone, derive_more::Debug)]
pub struct GrantedToken {
    #[debug(skip)]
    pub text: String,
    pub name: TokenName,
    /// Which the person may have changed.
    pub scopes: Scopes,
}

impl Accounts {
    /// Begins the sign-in of a program whose machine has this name and that asks for these scopes. It needs no account.
    pub fn begin_device(&self, name: Option<&str>, scope: Option<&str>, from: IpAddr) -> Result<BegunSignIn, Error> {
        let (name, scopes) =
            match (name.unwrap_or(UNNAMED).parse::<TokenName>(), scope.map(str::parse::<Scopes>).transpose()) {
                (Ok(name), Ok(scopes)) => (name, scopes.unwrap_or(Scopes::USUAL)),
                (name, scopes) => return Err(Error::Invalid(name.err().into_iter().chain(scopes.err()).collect())),
            };
        let device_code = secret::draw(&*self.entropy);
        let code = UserCode::draw(&*self.entropy);
        let user_code = code.to_string();
        let asker = Asker { name, scopes, address: from, since: self.clock.now() };
        self.pending.add(code, Waiting::new(secret::digest(&device_code), asker));
        Ok(BegunSignIn { device_code, user_code, expires_in: KEPT, interval: INTERVAL })
    }

    /// What has become of it, for the program that began it. The token is made only now, when it is fetched.
    pub async fn ask_device(&self, device_code: &str) -> Result<GrantedToken, Error> {
        if !secret::is_well_formed(device_code) {
            return Err(Error::CodeExpired);
        }
        let approved = self.pending.ask(&secret::digest(device_code), self.clock.now())?;
        match self.grant(&approved).await {
            // The program asks again.
            Err(Error::Store(fault)) => {
                self.pending.put_back(approved);
                Err(Error::Store(fault))
            }
            granted => granted,
        }
    }

    async fn grant(&self, approved: &Approved) -> Result<GrantedToken, Error> {
        let name = approved.name().clone();
        // Who was locked since has approved nothing.
        let actor = self.actor(approved.by.user).await?.ok_or(Error::SignInDenied)?;
        let Approval { lifetime, scopes, .. } = approved.by;
        let issued = self.issue_named_token(actor.name.as_str(), name.as_str(), lifetime, scopes).await?;
        // Fewer, where they are no administrator any more.
        let scopes = issued.token.scopes;
        tracing::info!(user = %actor.name, token = %issued.token.id, %scopes, "token of an approved program made");
        Ok(GrantedToken { text: issued.text, name, scopes })
    }

    /// Which program waits under this code. Wrong codes are counted; a user who gives many has to wait.
    pub fn pending_device(&self, actor: &Actor, code: &str) -> Result<PendingSignIn, Error> {
        actor.in_person()?;
        let code = read(code)?;
        let Asker { name, scopes, address, since } = self.pending.find(actor.user, &code, self.clock.now())?;
        Ok(PendingSignIn { code: code.to_string(), name: name.to_string(), scopes, address, since })
    }

    /// Lets the program fetch a token: it acts as the actor in this, for so many days, and is called as the machine is. What the
    /// program asked for binds nobody.
    pub async fn approve_device(
        &self,
        confirmed: Confirmed<'_>,
        code: &str,
        days: i64,
        scopes: Scopes,
    ) -> Result<(), Error> {
        let (actor, code) = (confirmed.actor(), read(code)?);
        let invalid = |fault| Error::Invalid(vec![fault]);
        let lifetime = token::lifetime(days).map_err(invalid)?;
        token::check_scopes(actor, scopes).map_err(invalid)?;
        let asker = self.pending.find(actor.user, &code, self.clock.now())?;
        self.check_room_for_token(actor.user).await?;
        let by = Approval { user: actor.user, lifetime, scopes };
        if !self.pending.answer(&code, Answer::Approved(by), self.clock.now()) {
            return Err(Error::CodeExpired);
        }
        tracing::info!(user = %actor.name, address = %asker.address, "sign-in of a program approved");
        Ok(())
    }

    /// Denies the program. This gives no access, so any sign-in is fresh enough.
    pub fn deny_device(&self, actor: &Actor, code: &str) -> Result<(), Error> {
        actor.in_person()?;
        let code = read(code)?;
        let asker = self.pending.find(actor.user, &code, self.clock.now())?;
        if !self.pending.answer(&code, Answer::Denied, self.clock.now()) {
            return Err(Error::CodeExpired);
        }
        tracing::info!(user = %actor.name, address = %asker.address, "sign-in of a program denied");
        Ok(())
    }
}

fn read(code: &str) -> Result<UserCode, Error> {
    code.parse().map_err(|fault| Error::Invalid(vec![fault]))
}
