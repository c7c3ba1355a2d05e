//! Watches the engine: hints are passed on at once, its absence is noticed, and after it everything is looked at again.

use std::{sync::Arc, time::Duration};

use control::ports::engine::{EngineError, EngineEvent};
use futures::{StreamExt, stream::BoxStream};

use crate::{host::Host, out_of_memory};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Never ends by itself.
pub(crate) async fn run(host: Arc<Host>) {
    let mut pause = FIRST_PAUSE;
    let mut first = true;
    loop {
        let error = match listen(&host, &mut pause, &mut first).await {
            Err(error) => error,
            Ok(()) => EngineError::Unreachable("it ended the stream of its events".into()),
        };
        tracing::warn!(%error, "the engine is away");
        host.presence.engine_is_away(&error);
        // Each finds out for itself, and says that it is lost.
        host.instances.look_at_all();
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn listen(host: &Arc<Host>, pause: &mut Duration, first: &mut bool) -> Result<(), EngineError> {
    let info = host.look_for_restart().await?;
    let mut events = host.engine.events(host.config.installation).await?;
    *pause = FIRST_PAUSE;
    tracing::info!(version = %info.version, cpus = info.cpus, memory_mib = info.memory_mib, "the engine answers");
    if !std::mem::take(first) {
        // It was away; what was known of it is not any more.
        host.networks.forget_all().await;
        host.firewall.look_again();
        host.instances.look_at_all();
    }
    host.presence.engine_is_back(info);
    host.sweep_soon.notify_one();
    let ended = pass_on(host, &mut events).await;
    host.restarts.lost(host.now());
    ended
}

async fn pass_on(
    host: &Arc<Host>,
    events: &mut BoxStream<'static, Result<EngineEvent, EngineError>>,
) -> Result<(), EngineError> {
    while let Some(event) = events.next().await {
        match event? {
            EngineEvent::Container(instance) => host.instances.look_at(instance),
            EngineEvent::OutOfMemory { instance, container } => {
                out_of_memory::happened(host, instance, container);
            }
            EngineEvent::Network(vcluster) => {
                host.networks.forget(vcluster).await;
                host.instances.look_at_vcluster(vcluster);
            }
        }
    }
    Ok(())
}
