//! `/.docklet/wait`: tells a page that waits how far it is, and when something else is to be shown.

use std::{convert::Infallible, sync::Arc, time::Duration};

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
use futures::{Stream, StreamExt, stream};
use http::Response;

use super::{AppEdge, answer, stand::Stand, visitor::Visitor};

/// How often is looked. Together with what control remembers, an app opens within a quarter of a second after it listens.
const EVERY: Duration = Duration::from_millis(75);
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Between two looks.
struct Look {
    edge: AppEdge,
    visitor: Visitor,
    secret: String,
    /// What the page shows.
    shown: String,
    said: Option<String>,
    over: bool,
}

impl AppEdge {
    /// The stream for a person who may be here.
    pub(super) fn wait(&self, visitor: Visitor, secret: String, shown: &str) -> Response<Body> {
        let look = Look { edge: self.clone(), visitor, secret, shown: shown.to_owned(), said: None, over: false };
        let ending = self.state.ending.clone();
        let events = look.events().take_until(async move { ending.begun().await }).map(Ok::<_, Infallible>);
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
            let stand = self.stand().await;
            // No page shows that an app is ready: a browser that waits for an end of that would have it asked for ever.
            let waits = stand.is_some_and(|stand| stand != Stand::Ready && stand.as_str() == self.shown);
            if !waits {
                self.over = true;
                return Some((Event::default().event("changed").data("{}"), self));
            }
            let words = stand.map(|stand| self.visitor.words.progress(stand));
            if words != self.said {
                let text = serde_json::Value::from(words.clone().unwrap_or_default()).to_string();
                self.said = words;
                return Some((Event::default().event("state").data(text), self));
            }
            tokio::time::sleep(EVERY).await;
        }
        None
    }

    /// `None` when this person may not be here any more, or it cannot be found out.
    async fn stand(&self) -> Option<Stand> {
        let decision = self.edge.state.control.apps.decide(&self.visitor.label, &self.secret).await.ok()?;
        let decision = self.edge.look(decision).await.ok()?;
        Some(Stand::of(&decision))
    }
}
