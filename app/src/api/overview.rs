//! Everything a page of the console begins with: who is signed in, what they have, and where the live feed stands.

use chrono::{DateTime, Utc};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use serde::{Deserialize, Serialize};
use wire::{
    session::Session,
    vcluster::{UnreadableVcluster, Vcluster},
};

use super::Refused;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub session: Session,
    pub vclusters: Vec<Vcluster>,
    pub unreadable: Vec<UnreadableVcluster>,
    /// The live feed's sequence that `vclusters` and `session.usage` are at least as new as.
    pub position: i64,
    /// The server's clock, so that both first renders say the same "3 min ago".
    pub now: DateTime<Utc>,
    /// Chance, made on the server, for suggesting names.
    pub seed: u32,
    /// The node image new vclusters are offered.
    pub base_image: String,
    /// The addresses of apps lead to this browser's own machine, and not to the server.
    pub apps_astray: bool,
}

/// The signed-in user's overview.
#[server(prefix = "/actions", endpoint = "overview", input = GetUrl)]
pub(crate) async fn read_overview() -> Result<Overview, Refused> {
    use control::ports::clock::{Clock, Entropy, SystemClock, SystemEntropy};

    let api = crate::request_context::api()?;
    // Read before the lists: what happens in between is in the feed again, and nothing is missed.
    let position = api.position().await?;
    let session = api.session().await?;
    let (vclusters, unreadable) = api.all_vclusters().await?;
    let mut seed = [0; 4];
    SystemEntropy.fill(&mut seed);
    let (now, seed) = (SystemClock.now(), u32::from_ne_bytes(seed));
    let (base_image, apps_astray) = (api.base_image(), api.urls().astray);
    Ok(Overview { session, vclusters, unreadable, position, now, seed, base_image, apps_astray })
}
