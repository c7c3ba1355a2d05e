//! The firewall around all nodes of this host, kept by the installation's helper: docklet-init in a container of its own, so
//! that dockletd itself needs no powers over the host's network. Here the helper is kept running and listened to; no node is
//! started before it has said that the firewall stands. What the firewall lets through is docklet-init's to know.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use control::ports::engine::{EngineError, HelperLine, HelperSpec, Network};
use domain::InstallationId;
use futures::StreamExt;
use node_init::firewall::{GUARD_COMMAND, Word};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use crate::{config::FirewallConfig, host::Host, init_binary, names};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a node waits for the firewall. A helper that comes up needs a fraction of a second.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long administrators are told that it was mended.
const TOLD_FOR: TimeDelta = TimeDelta::days(1);

/// How it is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// The helper has said nothing yet.
    Unknown,
    Stands,
    Fault(EngineError),
}

#[derive(Debug)]
pub(crate) struct Firewall {
    state: watch::Sender<State>,
    mended: Mutex<Option<Mended>>,
    again: Notify,
}

impl Default for Firewall {
    fn default() -> Self {
        Self { state: watch::Sender::new(State::Unknown), mended: Mutex::default(), again: Notify::new() }
    }
}

/// What the helper has mended since this worker began.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mended {
    times: u32,
    last: DateTime<Utc>,
    what: String,
}

impl Firewall {
    /// Waits until it stands; the reason when it does not. A fault may pass: the helper is tried again soon.
    pub(crate) async fn ensure(&self, host: &Host) -> Result<(), EngineError> {
        if host.config.firewall.is_none() {
            return Ok(());
        }
        let mut state = self.state.subscribe();
        let stands = tokio::time::timeout(PATIENCE, state.wait_for(|state| *state == State::Stands)).await;
        if stands.is_ok_and(|known| known.is_ok()) {
            return Ok(());
        }
        let known = self.state.borrow().clone();
        match known {
            State::Fault(fault) => Err(fault),
            State::Stands => Ok(()),
            State::Unknown => Err(EngineError::Refused("the firewall around the nodes is not set up yet".into())),
        }
    }

    /// Something about the engine has changed: the helper is looked for at once.
    pub(crate) fn look_again(&self) {
        self.again.notify_one();
    }

    /// What an administrator should know, while it is news.
    pub(crate) fn remark(&self, now: DateTime<Utc>) -> Option<String> {
        let mended = self.mended.lock().clone().filter(|mended| now - mended.last < TOLD_FOR)?;
        let Mended { times, last, what } = mended;
        let last = last.format("%Y-%m-%d %H:%M:%S UTC");
        let times = if times == 1 { "once".to_owned() } else { format!("{times} times") };
        Some(format!(
            "another program on this host changed the nodes' firewall; repaired {times}, last at {last}: {what}"
        ))
    }

    fn take_in(&self, line: &HelperLine) -> Option<Result<(), EngineError>> {
        match Word::parse(&line.text) {
            Some(Word::Stands) => Some(Ok(())),
            Some(Word::Mended(what)) => {
                tracing::warn!(what, at = %line.at, "the firewall around the nodes was changed by something else, and is mended");
                let mut mended = self.mended.lock();
                let times = mended.as_ref().map_or(1, |before| before.times + 1);
                *mended = Some(Mended { times, last: line.at, what });
                Some(Ok(()))
            }
            Some(Word::Failed(why)) => {
                Some(Err(EngineError::Refused(format!("the firewall around the nodes cannot be set: {why}"))))
            }
            None => {
                tracing::info!(line = line.text, "the firewall's helper");
                None
            }
        }
    }
}

/// Never ends by itself.
pub(crate) async fn run(host: Arc<Host>) {
    let Some(config) = host.config.firewall.clone() else { return std::future::pending().await };
    let mut pause = FIRST_PAUSE;
    let mut heard = DateTime::<Utc>::MIN_UTC;
    loop {
        let ended = listen(&host, &config, &mut heard, &mut pause).await;
        match ended {
            Ok(()) => {
                tracing::warn!("the firewall's helper has ended; it is started again, and its rules have stayed");
                say(&host, State::Unknown);
            }
            // `watch` reports that the engine is away.
            Err(EngineError::Unreachable(_)) => say(&host, State::Unknown),
            Err(fault) => {
                tracing::error!(%fault, "the firewall around the nodes cannot be set; no node is started without it");
                say(&host, State::Fault(fault));
            }
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            () = host.firewall.again.notified() => pause = FIRST_PAUSE,
        }
    }
}

/// Until the helper ends. `heard`: when the last line was written that is known already.
async fn listen(
    host: &Host,
    config: &FirewallConfig,
    heard: &mut DateTime<Utc>,
    pause: &mut Duration,
) -> Result<(), EngineError> {
    let spec = spec(host, config).await?;
    host.engine.ensure_helper(&spec).await?;
    let mut lines = host.engine.helper_lines(spec.installation).await?;
    while let Some(line) = lines.next().await {
        let line = line?;
        let is_news = line.at > *heard;
        *heard = line.at.max(*heard);
        // The last line of before still says how it is.
        let said = if is_news { host.firewall.take_in(&line) } else { Word::parse(&line.text).map(state_of) };
        match said {
            Some(Ok(())) => {
                *pause = FIRST_PAUSE;
                say(host, State::Stands);
            }
            Some(Err(fault)) => {
                tracing::error!(%fault, "the firewall around the nodes is not as it should be; the helper goes on trying");
                say(host, State::Fault(fault));
            }
            None => {}
        }
    }
    Ok(())
}

fn state_of(word: Word) -> Result<(), EngineError> {
    match word {
        Word::Stands | Word::Mended(_) => Ok(()),
        Word::Failed(why) => Err(EngineError::Refused(why)),
    }
}

fn say(host: &Host, state: State) {
    let fault = match &state {
        State::Fault(fault) => Some(fault.to_string()),
        State::Unknown | State::Stands => None,
    };
    host.firewall.state.send_replace(state);
    host.presence.firewall(fault);
}

async fn spec(host: &Host, config: &FirewallConfig) -> Result<HelperSpec, EngineError> {
    let installation = host.config.installation;
    let bridges = bridges(installation, host.engine.networks(installation).await?);
    let (net, connections) = (config.net.to_string(), config.connections.to_string());
    let mut arguments = vec![GUARD_COMMAND.to_owned(), bridges, net, connections];
    arguments.extend(config.open.iter().map(ToString::to_string));
    let unreadable = |error| EngineError::Refused(format!("{} cannot be read: {error}", host.init.display()));
    let version = init_binary::version(&host.init).map_err(unreadable)?;
    Ok(HelperSpec { installation, init: host.init.clone(), version, arguments })
}

/// What the names of our bridges begin with, and those that an earlier Docklet has named otherwise: where their addresses are
/// cut from may have been another network.
fn bridges(installation: InstallationId, networks: Vec<Network>) -> String {
    let prefix = names::bridge_prefix(installation);
    let mut older: Vec<String> = networks.into_iter().filter_map(|network| network.bridge).collect();
    older.retain(|name| !name.starts_with(&prefix));
    older.sort_unstable();
    older.insert(0, prefix);
    older.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_mended_is_told_for_a_day() {
        let firewall = Firewall::default();
        let at: DateTime<Utc> = "2026-11-29T04:12:00Z".parse().expect("a time");
        assert_eq!(firewall.remark(at), None);
        let line = |at, word: Word| HelperLine { at, text: word.to_string() };
        firewall.take_in(&line(at, Word::Mended("its rules had been removed".into())));
        assert!(firewall.remark(at).expect("news").contains("repaired once, last at 2026-11-29 04:12:00 UTC"));
        firewall.take_in(&line(at, Word::Mended("its rules had been changed".into())));
        let told = firewall.remark(at + TimeDelta::hours(23)).expect("news");
        assert!(told.contains("2 times") && told.ends_with("its rules had been changed"), "{told}");
        assert_eq!(firewall.remark(at + TimeDelta::hours(25)), None);
    }
}
