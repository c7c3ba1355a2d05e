//! What must answer before people are let in: each part with a name, asked when it is wanted.

use std::{sync::Arc, time::Duration};

use futures::future::{BoxFuture, join_all};
use serde::Serialize;
use tokio::{sync::Mutex, time::Instant};

/// Strangers may ask, as often as they like: requests within this time share an answer.
const GOOD_FOR: Duration = Duration::from_secs(1);
/// A part that does not answer in this time is not ready.
const PATIENCE: Duration = Duration::from_secs(3);

/// Answered with the part's version, where it says one.
pub type Answer = Result<Option<String>, String>;

/// Asks one part.
pub type Question = Box<dyn Fn() -> BoxFuture<'static, Answer> + Send + Sync>;

#[derive(Clone, Default)]
pub struct Readiness(Arc<Inner>);

#[derive(Default)]
struct Inner {
    questions: Vec<(&'static str, Question)>,
    /// Held while the parts are asked, so that requests meanwhile wait for the same answer.
    last: Mutex<Option<(Instant, Arc<[Part]>)>>,
}

impl std::fmt::Debug for Readiness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.questions.iter().map(|(name, _)| name)).finish()
    }
}

/// How one part is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    pub name: &'static str,
    pub ready: bool,
    /// This and what follows is for administrators; any client may ask whether we are ready.
    #[serde(skip)]
    pub reason: Option<String>,
    #[serde(skip)]
    pub version: Option<String>,
    #[serde(skip)]
    pub answered_in_ms: u64,
}

impl Readiness {
    pub fn new(parts: Vec<(&'static str, Question)>) -> Self {
        Self(Arc::new(Inner { questions: parts, last: Mutex::default() }))
    }

    /// Asks all parts at the same time, or takes what they said a moment ago.
    pub async fn parts(&self) -> Arc<[Part]> {
        let mut last = self.0.last.lock().await;
        if let Some((when, parts)) = &*last
            && when.elapsed() < GOOD_FOR
        {
            return parts.clone();
        }
        let parts: Arc<[Part]> =
            join_all(self.0.questions.iter().map(|(name, question)| ask(name, question))).await.into();
        for part in parts.iter().filter(|part| !part.ready) {
            tracing::debug!(part = part.name, reason = part.reason, "not ready");
        }
        *last = Some((Instant::now(), parts.clone()));
        parts
    }
}

async fn ask(name: &'static str, question: &Question) -> Part {
    let asked = Instant::now();
    let answer = tokio::time::timeout(PATIENCE, question()).await;
    let (version, reason) = match answer {
        Ok(Ok(version)) => (version, None),
        Ok(Err(reason)) => (None, Some(reason)),
        Err(_) => (None, Some(format!("does not answer within {} s", PATIENCE.as_secs()))),
    };
    let answered_in_ms = u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX);
    Part { name, ready: reason.is_none(), reason, version, answered_in_ms }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_part_is_named_with_what_keeps_it() {
        let readiness = Readiness::new(vec![
            ("database", Box::new(|| Box::pin(async { Ok(Some("3".into())) }))),
            ("coordination", Box::new(|| Box::pin(async { Err("etcd does not answer".into()) }))),
        ]);
        let parts = readiness.parts().await;
        assert!(parts[0].ready && !parts[1].ready);
        assert_eq!((parts[1].name, parts[1].reason.as_deref()), ("coordination", Some("etcd does not answer")));
    }

    #[tokio::test(start_paused = true)]
    async fn however_many_ask_the_parts_are_asked_once_a_second() {
        let asked = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counter = asked.clone();
        let question: Question = Box::new(move || {
            counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Box::pin(async { Ok(None) })
        });
        let readiness = Readiness::new(vec![("database", question)]);
        join_all((0..100).map(|_| readiness.parts())).await;
        assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1);
        tokio::time::advance(GOOD_FOR).await;
        readiness.parts().await;
        assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_that_never_answers_is_not_waited_for() {
        let readiness = Readiness::new(vec![("engine", Box::new(|| Box::pin(std::future::pending())))]);
        assert_eq!(readiness.parts().await[0].reason.as_deref(), Some("does not answer within 3 s"));
    }
}
