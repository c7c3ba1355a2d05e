//! Waiting until a started node's docklet-init answers, and noticing at once when it never will.

use std::time::Duration;

use control::ports::engine::{EngineError, RunState};
use node_init::client::{ClientError, Handover, NodeClient};
use tokio::time::{Instant, sleep};

use crate::{bring_up::during, driver::Driver, run_dir};

/// docklet-init listens some 20 ms after the start: it is asked often at first, for that is what a person waits for.
const ASK_EVERY: Duration = Duration::from_millis(4);
const ASK_SELDOM_EVERY: Duration = Duration::from_millis(50);
const ASK_OFTEN_FOR: Duration = Duration::from_secs(2);
/// For one answer. A node with one slow processor and forty starting neighbours needs some of it.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How the waiting ended.
#[derive(Debug)]
pub(crate) enum Ready {
    Yes,
    /// It runs, but gave no answer in time; the last fault.
    No(String),
    /// It does not run any more.
    Ended,
    /// Something else is wanted of the node.
    Superseded,
}

impl Driver {
    /// `handover`: how the node gets its socket, if it is to be handed one.
    pub(crate) async fn until_ready(&mut self, id: &str, handover: Option<&Handover>) -> Result<Ready, EngineError> {
        let host = self.host.clone();
        let client = NodeClient::new(run_dir::path(&host.config.data_dir, self.instance)).with_deadline(ANSWER_WITHIN);
        let answer = during(handover, ask(&client, host.config.ready_within));
        tokio::pin!(answer);
        loop {
            tokio::select! {
                biased;
                () = host.end.cancelled() => return Ok(Ready::Superseded),
                _ = self.desired.changed() => return Ok(Ready::Superseded),
                outcome = &mut answer => {
                    return Ok(match outcome {
                        Ok(()) => Ready::Yes,
                        Err(fault) => Ready::No(why(&fault, handover)),
                    });
                }
                () = self.look.notified() => {
                    let seen = host.engine.container(host.config.installation, id).await?;
                    if !seen.is_some_and(|container| matches!(container.run, RunState::Running { .. })) {
                        return Ok(Ready::Ended);
                    }
                }
            }
        }
    }
}

/// That the node could not be given its socket explains more than that it does not answer.
fn why(fault: &ClientError, handover: Option<&Handover>) -> String {
    let not_handed = handover.and_then(Handover::fault);
    not_handed.map_or_else(|| fault.to_string(), |fault| format!("its socket cannot be made: {fault}"))
}

async fn ask(client: &NodeClient, within: Duration) -> Result<(), ClientError> {
    let began = Instant::now();
    loop {
        let fault = match client.status().await {
            Ok(status) if status.ready => return Ok(()),
            Ok(_) => ClientError::Timeout,
            Err(fault) => fault,
        };
        let waited = began.elapsed();
        if waited >= within {
            return Err(fault);
        }
        sleep(if waited < ASK_OFTEN_FOR { ASK_EVERY } else { ASK_SELDOM_EVERY }).await;
    }
}
