//! `pending_sign_ins`: browsers that were sent to a provider, by the digest of the state they must bring back.

use chrono::{DateTime, Utc};
use control::ports::{
    identity::Secrets,
    store::{PendingSignIn, Purpose, StoreError},
};
use domain::{SessionHandle, UserId};
use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::fault::unreadable;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pending_sign_ins")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: String,
    pub browser: String,
    pub provider: String,
    pub nonce: String,
    pub verifier: String,
    pub back: String,
    pub next: String,
    pub link_user: Option<Uuid>,
    pub link_session: Option<String>,
    pub expires_at: DateTime<Utc>,
    /// Whose share it counts in; empty for those from before there were shares.
    pub address: String,
    /// The user of `link_user` is to confirm their sign-in, and nothing is linked.
    pub confirms: bool,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// `Debug` leaves the secrets out.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("provider", &self.provider).finish_non_exhaustive()
    }
}

impl TryFrom<Model> for PendingSignIn {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let purpose = match row.link_user.zip(row.link_session) {
            Some((user, session)) => {
                let handle = session.parse::<SessionHandle>();
                let handle = handle.map_err(|_| unreadable("sign-in", &row.provider, "its session is none"))?;
                let purpose = if row.confirms { Purpose::Confirm } else { Purpose::Link };
                purpose(UserId::new(user), handle)
            }
            None => Purpose::SignIn,
        };
        Ok(Self {
            digest: row.digest,
            browser: row.browser,
            provider: row.provider,
            secrets: Secrets { nonce: row.nonce, verifier: row.verifier },
            back: row.back,
            next: row.next,
            purpose,
            expires_at: row.expires_at,
            address: row.address,
        })
    }
}

impl From<&PendingSignIn> for ActiveModel {
    fn from(pending: &PendingSignIn) -> Self {
        let asked_by = match &pending.purpose {
            Purpose::SignIn => None,
            Purpose::Link(user, session) | Purpose::Confirm(user, session) => {
                Some((user.as_uuid(), session.to_string()))
            }
        };
        let (link_user, link_session) = asked_by.unzip();
        Self {
            digest: Set(pending.digest.clone()),
            browser: Set(pending.browser.clone()),
            provider: Set(pending.provider.clone()),
            nonce: Set(pending.secrets.nonce.clone()),
            verifier: Set(pending.secrets.verifier.clone()),
            back: Set(pending.back.clone()),
            next: Set(pending.next.clone()),
            link_user: Set(link_user),
            link_session: Set(link_session),
            expires_at: Set(pending.expires_at),
            address: Set(pending.address.clone()),
            confirms: Set(matches!(pending.purpose, Purpose::Confirm(..))),
        }
    }
}
