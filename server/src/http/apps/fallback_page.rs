//! What is shown in place of an app that cannot be: pages for people, problems for programs, and the button *Start*.

use std::{sync::Arc, time::Instant};

use axum::body::Body;
use control::apps::{Decision, Target};
use http::{Response, StatusCode};
use proxy::ProxyError;
use wire::problem::{Code, Problem};

use super::{
    AppEdge,
    answer::{self, Page, Waiting},
    availability::{Availability, Trouble, is_to_be_started, service_of},
    messages::Things,
    request::{AppRequestContext, Kind, safe_next},
};
use crate::http::query::{Query, encode};

impl AppEdge {
    /// The app does not run, or may not be opened.
    pub(super) async fn fallback_page(&self, context: &AppRequestContext, decision: &Arc<Decision>) -> Response<Body> {
        let mut availability = Availability::of(decision);
        // Opening it is asking for it; scripts that ask again and again are not.
        let asks = context.kind == Kind::Navigation && is_to_be_started(decision);
        if asks && let Err(error) = self.state.control.apps.start_for(decision).await {
            tracing::info!(%error, app = %context.label, "a service cannot be started");
            availability = Availability::Failed;
        }
        let title = decision.app.title();
        let (heading, mut lead) = context.messages.availability(availability, things(decision, &title));
        if let Some(reason) = reason(decision, availability) {
            lead = format!("{lead} {reason}");
        }
        if !matches!(context.kind, Kind::Navigation | Kind::Form) {
            return answer::problem(&problem_of(availability, lead), context.kind == Kind::Upgrade);
        }
        let next = safe_next(&context.wanted).to_owned();
        let page = Page {
            title: heading,
            lead,
            log: log(decision, availability).map(|log| (context.messages.last_lines(), log)),
            button: self
                .button(context, decision, availability)
                .map(|text| (text, format!("{}start?next={}", context.ours(), encode(&next)))),
            links: vec![(context.messages.open_console(), console_of(context, decision))],
            waiting: (context.kind == Kind::Navigation).then(|| self.waiting(context, availability)),
        };
        page.answer(status_of(availability), context.messages.0, &context.ours())
    }

    /// Every page is loaded again when things change: also one that offers a button, which may be pressed in another tab.
    fn waiting(&self, context: &AppRequestContext, availability: Availability) -> Waiting {
        let moving = availability.is_moving();
        let begun = if moving || availability == Availability::Silent {
            self.waits.since(&context.label, Instant::now()).as_secs()
        } else {
            0
        };
        Waiting { state: context.messages.progress(availability), seconds: begun, shown: availability.as_str(), moving }
    }

    fn button(&self, context: &AppRequestContext, decision: &Decision, availability: Availability) -> Option<String> {
        let again = || context.messages.try_again();
        let text = || {
            if availability == Availability::Failed {
                again()
            } else {
                context.messages.start(&decision.vcluster_name.to_string())
            }
        };
        availability.can_be_started().then(text)
    }

    /// *Start*, and *Try again* after a failure; then back to where they wanted to go.
    pub(super) async fn start(
        &self,
        context: &AppRequestContext,
        decision: Arc<Decision>,
        query: &Query,
    ) -> Response<Body> {
        let decision = match self.look(decision).await {
            Ok(decision) => decision,
            Err(error) => return self.fault(context, error),
        };
        let control = &self.state.control;
        let started = match Availability::of(&decision) {
            Availability::Stopped | Availability::Broken => {
                control.vclusters.start(&decision.user, decision.app.vcluster).await.map(drop)
            }
            Availability::Failed | Availability::Starting => control.apps.start_for(&decision).await.map(drop),
            // Another tab was quicker, or there is nothing to start.
            _ => Ok(()),
        };
        match started {
            // Started by another tab in this moment.
            Ok(()) | Err(control::Error::Refused(_)) => {
                answer::redirect(&context.address(safe_next(query.text("next").unwrap_or_default())))
            }
            Err(error) => self.fault(context, error),
        }
    }

    /// It listens, but something went wrong with its answer.
    pub(super) fn trouble(
        &self,
        context: &AppRequestContext,
        decision: &Decision,
        error: &ProxyError,
    ) -> Response<Body> {
        tracing::debug!(%error, phase = ?error.phase(), app = %context.label, "an app did not answer");
        let trouble = Trouble::of(error);
        let (title, lead) = context.messages.trouble(trouble, &decision.app.title());
        let code = code_of(trouble);
        if !matches!(context.kind, Kind::Navigation | Kind::Form) {
            return answer::problem(&Problem::new(code, lead), context.kind == Kind::Upgrade);
        }
        let links = vec![
            (context.messages.open_app(), context.address("/")),
            (context.messages.open_console(), console_of(context, decision)),
        ];
        let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_GATEWAY);
        Page { title, lead, links, ..Page::default() }.answer(status, context.messages.0, &context.ours())
    }
}

/// The vcluster's page in the console.
fn console_of(context: &AppRequestContext, decision: &Decision) -> String {
    format!("{}{}", context.portal, app::routes::vcluster(&decision.app.vcluster.to_string()))
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
fn reason(decision: &Decision, availability: Availability) -> Option<&str> {
    match availability {
        Availability::Failed | Availability::Unavailable => service_of(decision)?.reason.as_deref(),
        Availability::Broken => decision.reason.as_deref(),
        _ => None,
    }
}

fn log(decision: &Decision, availability: Availability) -> Option<String> {
    const LINES: usize = 40;
    let Target::NotListening { log: Some(log), .. } = &decision.target else { return None };
    let lines: Vec<&str> = log.trim_end().lines().collect();
    let last = lines[lines.len().saturating_sub(LINES)..].join("\n");
    (availability == Availability::Failed && !last.is_empty()).then_some(last)
}

fn status_of(availability: Availability) -> StatusCode {
    match availability {
        Availability::Off => StatusCode::CONFLICT,
        Availability::Leaving => StatusCode::GONE,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn problem_of(availability: Availability, detail: String) -> Problem {
    let code = match availability {
        Availability::Off => Code::AppOff,
        Availability::Leaving => Code::NotFound,
        Availability::Ready | Availability::Booting | Availability::Starting => Code::NotReady,
        Availability::Stopping | Availability::Stopped | Availability::Broken => Code::NodeNotRunning,
        Availability::Silent | Availability::Failed | Availability::Unavailable => Code::PortClosed,
    };
    let retry_after = availability.is_moving().then_some(1);
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
