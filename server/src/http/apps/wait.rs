//! Waiting for an app: `/.docklet/wait` tells a page that waits how far it is, and when something else is to be shown; and
//! since when people have been waiting, for the seconds on that page.

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
};
use control::{
    apps::{Decision, Target},
    ports::node::NodeError,
};
use domain::app::AppLabel;
use futures::{Stream, StreamExt, stream};
use http::Response;
use parking_lot::Mutex;

use super::{AppEdge, answer, availability::Availability, request::AppRequestContext};

/// How often is looked. Together with what control remembers, an app opens within a quarter of a second after it listens.
const EVERY: Duration = Duration::from_millis(75);
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A page that waits asks again within this time.
const FORGOTTEN: Duration = Duration::from_secs(10);

/// Between two looks.
struct Look {
    edge: AppEdge,
    context: AppRequestContext,
    secret: String,
    /// What the page shows.
    shown: String,
    said: Option<String>,
    over: bool,
}

impl AppEdge {
    /// The stream for a person who may be here.
    pub(super) fn wait(&self, context: AppRequestContext, secret: String, shown: &str) -> Response<Body> {
        let look = Look { edge: self.clone(), context, secret, shown: shown.to_owned(), said: None, over: false };
        let shutdown = self.state.shutdown.clone();
        let events = look.events().take_until(async move { shutdown.begun().await }).map(Ok::<_, Infallible>);
        let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response();
        answer::be_careful(response.headers_mut());
        response
    }

    /// What would be shown now. An app that may be asked is asked, whether it listens.
    pub(super) async fn look(&self, decision: Arc<Decision>) -> Result<Arc<Decision>, control::Error> {
        let Target::Ready(node, port) = &decision.target else { return Ok(decision) };
        match self.nodes.dial(node, *port).await {
            Ok(_) => Ok(decision),
            Err(NodeError::PortClosed(_)) => self.state.control.apps.closed(&decision).await,
            // Then the page says what is wrong.
            Err(_) => Ok(decision),
        }
    }
}

impl Look {
    fn events(self) -> impl Stream<Item = Event> {
        let comment = Event::default().comment("docklet").retry(Duration::from_secs(1));
        stream::once(std::future::ready(comment)).chain(stream::unfold(self, Self::next))
    }

    /// The next thing to say; `None` after the page was told to load again.
    async fn next(mut self) -> Option<(Event, Self)> {
        while !self.over {
            let availability = self.availability().await;
            // No page shows that an app is ready: a browser that waits for an end of that would have it asked for ever.
            let waits = availability
                .is_some_and(|availability| availability != Availability::Ready && availability.as_str() == self.shown);
            if !waits {
                self.over = true;
                return Some((Event::default().event("changed").data("{}"), self));
            }
            let progress = availability.map(|availability| self.context.messages.progress(availability));
            if progress != self.said {
                let text = serde_json::Value::from(progress.clone().unwrap_or_default()).to_string();
                self.said = progress;
                return Some((Event::default().event("state").data(text), self));
            }
            tokio::time::sleep(EVERY).await;
        }
        None
    }

    /// `None` when this person may not be here any more, or it cannot be found out.
    async fn availability(&self) -> Option<Availability> {
        let decision = self.edge.state.control.apps.decide(&self.context.label, &self.secret).await.ok()?;
        let decision = self.edge.look(decision).await.ok()?;
        Some(Availability::of(&decision))
    }
}

/// Since when people have been waiting for each app. Forgotten soon after they have left.
#[derive(Debug, Default)]
pub(super) struct Waits(Mutex<HashMap<AppLabel, Wait>>);

#[derive(Debug, Clone, Copy)]
struct Wait {
    begun: Instant,
    asked: Instant,
}

impl Waits {
    /// How long a person has been waiting without a break.
    pub(super) fn since(&self, label: &AppLabel, now: Instant) -> Duration {
        let mut waits = self.0.lock();
        let is_over = |wait: &Wait| now.saturating_duration_since(wait.asked) > FORGOTTEN;
        if let Some(wait) = waits.get_mut(label).filter(|wait| !is_over(wait)) {
            wait.asked = now;
            return now.saturating_duration_since(wait.begun);
        }
        waits.retain(|_, wait| !is_over(wait));
        waits.insert(label.clone(), Wait { begun: now, asked: now });
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_goes_on_while_somebody_asks_and_begins_anew_after() {
        let (waits, label, begun) = (Waits::default(), "abcdefg234".parse().expect("a label"), Instant::now());
        let at = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(waits.since(&label, begun), Duration::ZERO);
        assert_eq!(waits.since(&label, at(8)), Duration::from_secs(8));
        assert_eq!(waits.since(&label, at(16)), Duration::from_secs(16));
        assert_eq!(waits.since(&label, at(40)), Duration::ZERO);
        let other = "bbcdefg234".parse().expect("a label");
        waits.since(&other, at(80));
        assert_eq!(waits.0.lock().len(), 1, "what nobody waits for is forgotten");
    }
}
