//! What is shown in place of an app that cannot be: pages for people, problems for programs, and the button *Start*.

use std::{sync::Arc, time::Instant};

use axum::body::Body;
use control::apps::{Decision, Target};
use http::{Response, StatusCode};
use proxy::ProxyError;
use wire::problem::{Code, Problem};

use super::{
    AppEdge, answer,
    page::{Page, Waiting},
    request::{Kind, safe_next},
    stand::{Stand, Trouble, is_to_be_started, service_of},
    visitor::Visitor,
    words::Things,
};
use crate::http::query::{Query, encode};

impl AppEdge {
    /// The app does not run, or may not be opened.
    pub(super) async fn instead(&self, visitor: &Visitor, decision: &Arc<Decision>) -> Response<Body> {
        let mut stand = Stand::of(decision);
        // Opening it is asking for it; scripts that ask again and again are not.
        let asks = visitor.kind == Kind::Navigation && is_to_be_started(decision);
        if asks && let Err(error) = self.state.control.apps.start_for(decision).await {
            tracing::info!(%error, app = %visitor.label, "a service cannot be started");
            stand = Stand::Failed;
        }
        let title = decision.app.title();
        let (heading, mut lead) = visitor.words.stand(stand, things(decision, &title));
        if let Some(reason) = reason(decision, stand) {
            lead = format!("{lead} {reason}");
        }
        if !matches!(visitor.kind, Kind::Navigation | Kind::Form) {
            return answer::problem(&problem_of(stand, lead), visitor.kind == Kind::Upgrade);
        }
        let next = safe_next(&visitor.wanted).to_owned();
        let page = Page {
            title: heading,
            lead,
            log: log(decision, stand).map(|log| (visitor.words.last_lines(), log)),
            button: self
                .button(visitor, decision, stand)
                .map(|text| (text, format!("{}start?next={}", visitor.ours(), encode(&next)))),
            links: vec![(visitor.words.open_console(), console_of(visitor, decision))],
            waiting: (visitor.kind == Kind::Navigation).then(|| self.waiting(visitor, stand)),
        };
        page.answer(status_of(stand), visitor.words.0, &visitor.ours())
    }

    /// Every page is loaded again when things change: also one that offers a button, which may be pressed in another tab.
    fn waiting(&self, visitor: &Visitor, stand: Stand) -> Waiting {
        let moving = stand.is_moving();
        let begun = if moving || stand == Stand::Silent {
            self.waits.since(&visitor.label, Instant::now()).as_secs()
        } else {
            0
        };
        Waiting { state: visitor.words.progress(stand), seconds: begun, shown: stand.as_str(), moving }
    }

    fn button(&self, visitor: &Visitor, decision: &Decision, stand: Stand) -> Option<String> {
        let again = || visitor.words.try_again();
        let text =
            || if stand == Stand::Failed { again() } else { visitor.words.start(&decision.vcluster_name.to_string()) };
        stand.can_be_started().then(text)
    }

    /// *Start*, and *Try again* after a failure; then back to where they wanted to go.
    pub(super) async fn start(&self, visitor: &Visitor, decision: Arc<Decision>, query: &Query) -> Response<Body> {
        let decision = match self.look(decision).await {
            Ok(decision) => decision,
            Err(error) => return self.fault(visitor, error),
        };
        let control = &self.state.control;
        let started = match Stand::of(&decision) {
            Stand::Stopped | Stand::Broken => {
                control.vclusters.start(&decision.user, decision.app.vcluster).await.map(drop)
            }
            Stand::Failed | Stand::Starting => control.apps.start_for(&decision).await.map(drop),
            // Another tab was quicker, or there is nothing to start.
            _ => Ok(()),
        };
        match started {
            // Started by another tab in this moment.
            Ok(()) | Err(control::Error::Refused(_)) => {
                answer::redirect(&visitor.address(safe_next(query.text("next").unwrap_or_default())))
            }
            Err(error) => self.fault(visitor, error),
        }
    }

    /// It listens, but something went wrong with its answer.
    pub(super) fn trouble(&self, visitor: &Visitor, decision: &Decision, error: &ProxyError) -> Response<Body> {
        tracing::debug!(%error, phase = ?error.phase(), app = %visitor.label, "an app did not answer");
        let trouble = Trouble::of(error);
        let (title, lead) = visitor.words.trouble(trouble, &decision.app.title());
        let code = code_of(trouble);
        if !matches!(visitor.kind, Kind::Navigation | Kind::Form) {
            return answer::problem(&Problem::new(code, lead), visitor.kind == Kind::Upgrade);
        }
        let links = vec![
            (visitor.words.open_app(), visitor.address("/")),
            (visitor.words.open_console(), console_of(visitor, decision)),
        ];
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_GATEWAY);
        Page { title, lead, links, ..Page::default() }.answer(status, visitor.words.0, &visitor.ours())
    }
}

/// The vcluster's page in the console.
fn console_of(visitor: &Visitor, decision: &Decision) -> String {
    format!("{}{}", visitor.portal, app::routes::vcluster(&decision.app.vcluster.to_string()))
}

fn things<'a>(decision: &'a Decision, title: &'a str) -> Things<'a> {
    let app = &decision.app;
    Things {
        app: title,
        vcluster: decision.vcluster_name.as_str(),
        node: app.node,
        port: app.port,
        process: app.process.as_deref(),
    }
}

/// In the words of the service or the vcluster, when they say anything.
fn reason(decision: &Decision, stand: Stand) -> Option<&str> {
    match stand {
        Stand::Failed | Stand::Unavailable => service_of(decision)?.reason.as_deref(),
        Stand::Broken => decision.reason.as_deref(),
        _ => None,
    }
}

fn log(decision: &Decision, stand: Stand) -> Option<String> {
    const LINES: usize = 40;
    let Target::NotListening { log: Some(log), .. } = &decision.target else { return None };
    let lines: Vec<&str> = log.trim_end().lines().collect();
    let last = lines[lines.len().saturating_sub(LINES)..].join("\n");
    (stand == Stand::Failed && !last.is_empty()).then_some(last)
}

fn status_of(stand: Stand) -> StatusCode {
    match stand {
        Stand::Off => StatusCode::CONFLICT,
        Stand::Leaving => StatusCode::GONE,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn problem_of(stand: Stand, detail: String) -> Problem {
    let code = match stand {
        Stand::Off => Code::AppOff,
        Stand::Leaving => Code::NotFound,
        Stand::Ready | Stand::Booting | Stand::Starting => Code::NotReady,
        Stand::Stopping | Stand::Stopped | Stand::Broken => Code::NodeNotRunning,
        Stand::Silent | Stand::Failed | Stand::Unavailable => Code::PortClosed,
    };
    let retry_after = stand.is_moving().then_some(1);
    Problem { retry_after, ..Problem::new(code, detail) }
}

fn code_of(trouble: Trouble) -> Code {
    match trouble {
        Trouble::NodeAway => Code::NodeUnreachable,
        Trouble::Silent => Code::AppSilent,
        Trouble::Closed | Trouble::HeadTooLarge | Trouble::Nonsense => Code::AppBroken,
        Trouble::Upload => Code::Malformed,
        Trouble::SignedOut => Code::NotSignedIn,
    }
}
