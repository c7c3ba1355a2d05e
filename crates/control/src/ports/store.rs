//! The record: what people own and what happened, in SQL.
//!
//! Changes go through a [`Transaction`]: read, decide, write, commit, with no other writer in between. Reads that decide
//! nothing go straight to the [`Store`].

mod app;
mod home;
mod identity;
mod image;
mod person;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    AppId, NodeId, OperationId, SessionHandle, TokenId, UserId, VclusterId,
    allowance::Standing,
    app::{App, AppLabel},
    name::{GroupName, UserName, VclusterName, WorkerName},
    node::Generation,
    operation::Operation,
    quota::{OwnLimits, Usage},
    user::{Role, User},
    vcluster::Vcluster,
};
use ipnet::Ipv4Net;

pub use app::{Admission, AppSession, EntryPass, SessionKey};
pub use home::{FoundHomes, HomeReads, HomeWrites};
pub use identity::{
    Admitted, Identity, IdentityReads, IdentityWrites, PendingShares, PendingSignIn, ProviderSession, Purpose,
};
pub use image::AllowedImage;
pub use person::{BrowserSession, Person};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another row has this name, key or subnet already.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// The database does not answer or is busy for too long; worth another try.
    #[error("the database does not answer")]
    Unavailable(#[source] BoxedError),
    /// The disk under the database is full.
    #[error("the disk under the database is full")]
    DiskFull(#[source] BoxedError),
    /// Another process serves this record by now.
    #[error(
        "another dockletd has taken over this record (term {theirs}; this one serves term {ours}); this one writes nothing any more"
    )]
    Superseded { ours: i64, theirs: i64 },
    /// A row that we would never write.
    #[error("the database holds an unreadable {what}: {fault}")]
    Unreadable { what: &'static str, fault: String },
    #[error("the database refused a statement")]
    Failed(#[source] BoxedError),
}

pub type BoxedError = Box<dyn std::error::Error + Send + Sync>;

/// A user and how they prove who they are. `Debug` leaves the hash out.
#[derive(Clone)]
pub struct Account {
    pub user: User,
    /// An argon2id hash in PHC form; `None` for accounts without a password.
    pub password_hash: Option<String>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("user", &self.user).finish_non_exhaustive()
    }
}

/// An API token as the record has it: never the secret, only its SHA-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: TokenId,
    pub user: UserId,
    /// Lower-case hex of the SHA-256 of the whole token text.
    pub digest: String,
    /// The first characters, to tell tokens apart in lists.
    pub prefix: String,
    /// What its owner calls it; empty for tokens from before there were names.
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// To the minute.
    pub last_used: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Token {
    /// Neither revoked nor over.
    pub fn is_good(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at > now
    }
}

/// How often signing in has failed, per account or per address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempts {
    /// What is counted: `account:ada` or `address:192.0.2.7`.
    pub key: String,
    pub failures: u32,
    pub last_failure: DateTime<Utc>,
}

/// Something a watcher wants to know, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Counts up in the order of commits; gaps are possible.
    pub sequence: i64,
    pub owner: UserId,
    pub at: DateTime<Utc>,
    pub body: EventBody,
}

#[derive(Debug, Clone, PartialEq)]
pub enum EventBody {
    /// The vcluster as it was when the event happened, with what its owner held then.
    Vcluster {
        vcluster: Box<Vcluster>,
        usage: Usage,
    },
    VclusterGone {
        id: VclusterId,
        usage: Usage,
    },
    /// What the owner may hold is not what it was.
    LimitsChanged,
}

/// The answer an idempotency key was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    pub user: UserId,
    pub key: String,
    /// SHA-256 of the request, to notice the key being used for another one.
    pub fingerprint: String,
    pub vcluster: VclusterId,
    pub created_at: DateTime<Utc>,
}

/// Vclusters as they were asked for, and those among them whose rows cannot be read: the others go on without them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FoundVclusters {
    pub vclusters: Vec<Vcluster>,
    /// With what is wrong.
    pub unreadable: Vec<(VclusterId, String)>,
}

/// A container on a host that no record claims. It is paused and kept for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclaimed {
    pub node: NodeId,
    pub worker: WorkerName,
    pub vcluster: VclusterId,
    pub owner: UserId,
    pub generation: Generation,
    pub found_at: DateTime<Utc>,
}

/// Where a page of a list begins and how long it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest<K> {
    /// The last item of the page before; `None` for the first page.
    pub after: Option<K>,
    pub limit: u32,
}

#[async_trait]
pub trait Store: IdentityReads + HomeReads + Send + Sync + 'static {
    /// Begins a transaction that excludes every other writer until it ends. Dropped without commit, it changes nothing.
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError>;

    async fn account(&self, name: &UserName) -> Result<Option<Account>, StoreError>;
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;
    async fn users(&self) -> Result<Vec<User>, StoreError>;
    async fn token(&self, digest: &str) -> Result<Option<Token>, StoreError>;
    /// The user's tokens, newest first, also those that are not good any more.
    async fn tokens_of(&self, user: UserId) -> Result<Vec<Token>, StoreError>;
    /// Users whose name contains `search`, by name, with what they hold.
    async fn people(&self, search: &str, page: PageRequest<UserName>) -> Result<Vec<Person>, StoreError>;
    async fn person(&self, name: &UserName) -> Result<Option<Person>, StoreError>;
    async fn standing(&self, user: UserId) -> Result<Standing, StoreError>;
    /// The user's browser sessions that have not ended by `now`, the last used first.
    async fn sessions_of(&self, user: UserId, now: DateTime<Utc>) -> Result<Vec<BrowserSession>, StoreError>;
    async fn attempts(&self, key: &str) -> Result<Option<Attempts>, StoreError>;

    async fn vcluster(&self, id: VclusterId) -> Result<Option<Vcluster>, StoreError>;
    /// Newest first; one that cannot be read counts for the page's limit.
    async fn vclusters_of(&self, owner: UserId, page: PageRequest<VclusterId>) -> Result<FoundVclusters, StoreError>;
    /// Every vcluster of every owner: what workers must be told after coordination was lost.
    async fn all_vclusters(&self) -> Result<FoundVclusters, StoreError>;
    /// Containers no record claims, the first found first.
    async fn unclaimed(&self) -> Result<Vec<Unclaimed>, StoreError>;
    /// What was asked of the vcluster and by whom, newest first.
    async fn operations_of(
        &self,
        id: VclusterId,
        page: PageRequest<OperationId>,
    ) -> Result<Vec<(Operation, Option<UserName>)>, StoreError>;
    /// By node and port.
    async fn apps_of(&self, id: VclusterId) -> Result<Vec<App>, StoreError>;
    /// What decides about a cookie with this digest; `None` when there is no such app session.
    async fn admission(&self, digest: &str) -> Result<Option<Admission>, StoreError>;
    /// What a user holds: reserved nodes, and vclusters whatever their state.
    async fn usage(&self, owner: UserId) -> Result<Usage, StoreError>;
    /// The administrators' list of images, by pattern.
    async fn allowed_images(&self) -> Result<Vec<AllowedImage>, StoreError>;
    /// What tenants hold on each worker.
    async fn worker_usage(&self) -> Result<Vec<(WorkerName, Usage)>, StoreError>;

    /// Events of one owner behind `after`, oldest first. `None` when events behind `after` have been dropped already.
    async fn events_after(&self, owner: UserId, after: i64, limit: u32)
    -> Result<Option<Vec<StoredEvent>>, StoreError>;
    /// The sequence of the newest event; 0 when there has never been one.
    async fn last_event(&self) -> Result<i64, StoreError>;

    /// Whether the database answers.
    async fn ping(&self) -> Result<(), StoreError>;
}

/// A transaction. Nothing it wrote is visible to others before `commit`.
#[async_trait]
pub trait Transaction: IdentityWrites + HomeWrites + Send {
    /// [`StoreError::Taken`]`("name")` when the name is.
    async fn insert_account(&mut self, account: &Account) -> Result<(), StoreError>;
    async fn account(&mut self, name: &UserName) -> Result<Option<Account>, StoreError>;
    async fn set_password(&mut self, user: UserId, hash: &str) -> Result<(), StoreError>;
    async fn set_locked(&mut self, user: UserId, locked: bool) -> Result<(), StoreError>;
    async fn set_role(&mut self, user: UserId, role: Role) -> Result<(), StoreError>;
    async fn standing(&mut self, user: UserId) -> Result<Standing, StoreError>;
    async fn set_group(&mut self, user: UserId, group: Option<&GroupName>) -> Result<(), StoreError>;
    async fn set_own_limits(&mut self, user: UserId, limits: OwnLimits) -> Result<(), StoreError>;
    async fn set_last_sign_in(&mut self, user: UserId, at: DateTime<Utc>) -> Result<(), StoreError>;
    /// Administrators who are not locked.
    async fn administrators(&mut self) -> Result<Vec<UserId>, StoreError>;
    /// Ends every browser session of the user.
    async fn end_sessions(&mut self, user: UserId) -> Result<(), StoreError>;
    /// Ends every browser session of the user but this one.
    async fn end_sessions_but(&mut self, user: UserId, kept: &SessionHandle) -> Result<(), StoreError>;
    /// Whether there was one.
    async fn end_session(&mut self, user: UserId, session: &SessionHandle) -> Result<bool, StoreError>;
    async fn insert_token(&mut self, token: &Token) -> Result<(), StoreError>;
    async fn set_token_used(&mut self, token: TokenId, at: DateTime<Utc>) -> Result<(), StoreError>;
    /// Revokes every token of the user that is not revoked yet.
    async fn revoke_tokens(&mut self, user: UserId, now: DateTime<Utc>) -> Result<(), StoreError>;
    /// Drops tokens of the user that are revoked or over, but for the `kept` newest.
    async fn drop_dead_tokens(&mut self, user: UserId, now: DateTime<Utc>, kept: u64) -> Result<(), StoreError>;
    async fn revoke_token(&mut self, token: TokenId, now: DateTime<Utc>) -> Result<(), StoreError>;
    async fn attempts(&mut self, key: &str) -> Result<Option<Attempts>, StoreError>;
    async fn set_attempts(&mut self, attempts: &Attempts) -> Result<(), StoreError>;
    async fn clear_attempts(&mut self, key: &str) -> Result<(), StoreError>;

    async fn vcluster(&mut self, id: VclusterId) -> Result<Option<Vcluster>, StoreError>;
    /// Its owner, also where the rest of it cannot be read.
    async fn owner_of_vcluster(&mut self, id: VclusterId) -> Result<Option<UserId>, StoreError>;
    async fn vcluster_named(&mut self, owner: UserId, name: &VclusterName) -> Result<Option<VclusterId>, StoreError>;
    /// The vcluster that has this node.
    async fn vcluster_of_node(&mut self, node: NodeId) -> Result<Option<Vcluster>, StoreError>;
    /// Inserts or replaces the vcluster with its nodes and its operation; an operation of it that still ran is recorded
    /// as superseded. [`StoreError::Taken`]`("name")` when another vcluster of the owner has the name.
    async fn save_vcluster(&mut self, vcluster: &Vcluster, now: DateTime<Utc>) -> Result<(), StoreError>;
    /// The last order of a node that the record has let go of; `None` when it never had it, or long ago.
    async fn departed(&mut self, node: NodeId) -> Result<Option<Generation>, StoreError>;
    /// Takes back that these nodes have departed: what is found of them is what no record claims, and is kept.
    async fn forget_departed(&mut self, nodes: &[NodeId]) -> Result<(), StoreError>;
    async fn unclaimed(&mut self, node: NodeId) -> Result<Option<Unclaimed>, StoreError>;
    /// Inserts it or replaces what may change of it: all but when it was found.
    async fn save_unclaimed(&mut self, unclaimed: &Unclaimed) -> Result<(), StoreError>;
    /// What was found at `from` or later counts as found at `now`.
    async fn find_unclaimed_again(&mut self, from: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), StoreError>;
    async fn remove_unclaimed(&mut self, node: NodeId) -> Result<(), StoreError>;
    /// Adds something that no user asked for to the vcluster's history.
    async fn note_happening(&mut self, id: VclusterId, happened: &Operation) -> Result<(), StoreError>;
    /// Removes it with its nodes, readable or not; its operations stay as history.
    async fn remove_vcluster(&mut self, id: VclusterId, now: DateTime<Utc>) -> Result<(), StoreError>;
    async fn usage(&mut self, owner: UserId) -> Result<Usage, StoreError>;
    /// What tenants hold on each worker.
    async fn worker_usage(&mut self) -> Result<Vec<(WorkerName, Usage)>, StoreError>;
    /// The administrators' list of images, by pattern.
    async fn allowed_images(&mut self) -> Result<Vec<AllowedImage>, StoreError>;
    /// One that is not on the list yet.
    async fn save_allowed_image(&mut self, image: &AllowedImage) -> Result<(), StoreError>;
    /// Whether it was on the list.
    async fn remove_allowed_image(&mut self, pattern: &str) -> Result<bool, StoreError>;
    /// Every subnet a vcluster has.
    async fn subnets(&mut self) -> Result<Vec<Ipv4Net>, StoreError>;

    /// By node and port.
    async fn apps_of(&mut self, id: VclusterId) -> Result<Vec<App>, StoreError>;
    async fn app(&mut self, id: AppId) -> Result<Option<App>, StoreError>;
    /// How many apps of all the owner's vclusters are pinned.
    async fn pinned_apps(&mut self, owner: UserId) -> Result<u64, StoreError>;
    async fn app_labelled(&mut self, label: &AppLabel) -> Result<Option<App>, StoreError>;
    /// [`StoreError::Taken`]`("label")` or `("port")` when one is.
    async fn insert_app(&mut self, app: &App) -> Result<(), StoreError>;
    /// Replaces what may change of an app: name, pin, switch, process.
    async fn save_app(&mut self, app: &App) -> Result<(), StoreError>;
    /// With its codes and sessions.
    async fn remove_app(&mut self, id: AppId) -> Result<(), StoreError>;
    /// The user of this portal session, if it has not ended by `now`.
    async fn session_user(&mut self, session: &SessionKey, now: DateTime<Utc>) -> Result<Option<UserId>, StoreError>;
    /// Keeps the `most - 1` newest codes of the user that have not expired, and this one.
    async fn insert_entry_pass(&mut self, pass: &EntryPass, most: u32, now: DateTime<Utc>) -> Result<(), StoreError>;
    /// Takes the code out of the record, so that it works only once.
    async fn take_entry_pass(&mut self, digest: &str) -> Result<Option<EntryPass>, StoreError>;
    /// Keeps the `most - 1` newest sessions of the same app and portal session, and this one.
    async fn insert_app_session(&mut self, session: &AppSession, most: u32) -> Result<(), StoreError>;
    /// Ends every session and every code of the app.
    async fn end_app_sessions(&mut self, app: AppId) -> Result<(), StoreError>;

    async fn idempotency(&mut self, user: UserId, key: &str) -> Result<Option<IdempotencyRecord>, StoreError>;
    async fn insert_idempotency(&mut self, record: &IdempotencyRecord) -> Result<(), StoreError>;

    /// Appends an event and returns its sequence.
    async fn append_event(&mut self, owner: UserId, at: DateTime<Utc>, body: &EventBody) -> Result<i64, StoreError>;

    /// The time of the last sweep; `None` when there has been none.
    async fn last_sweep(&mut self) -> Result<Option<DateTime<Utc>>, StoreError>;
    async fn set_last_sweep(&mut self, at: DateTime<Utc>) -> Result<(), StoreError>;
    /// Since when the clock is doubted, by that clock; kept beside the time of the last sweep, so there must have been one.
    async fn clock_doubted_since(&mut self) -> Result<Option<DateTime<Utc>>, StoreError>;
    async fn set_clock_doubted_since(&mut self, since: Option<DateTime<Utc>>) -> Result<(), StoreError>;

    /// Drops operations that began before `before` and are no vcluster's latest one, and what is known of nodes that departed
    /// before. Returns how many.
    async fn sweep_operations(&mut self, before: DateTime<Utc>) -> Result<u64, StoreError>;

    /// Drops events, idempotency keys, sign-in attempts, expired sessions and tokens from before `before`, and tokens that were
    /// revoked a day ago. Returns how many rows.
    async fn sweep(&mut self, before: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64, StoreError>;

    /// An error means that nothing was written. Where the database is lost in between, this waits until it is known.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}
